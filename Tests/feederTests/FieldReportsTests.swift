import Foundation
import Testing

@Suite("tools/field-reports runs every run.sh below a folder and prints those that fail")
struct FieldReportsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let tool = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "tools/field-reports").path

  private func write(_ script: String, _ name: String) throws {
    let place = folder.url.appending(path: "reports/" + name)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try Data(script.utf8).write(to: place.appending(path: "run.sh"))
  }

  private func run(_ arguments: [String]) throws -> FeederProcess {
    try FeederProcess([Self.tool] + arguments, in: folder.url, program: "/usr/bin/env")
  }

  @Test("Failures with their lines, what was skipped and the count; scripts share a folder and get the program")
  func mixed() throws {
    try write("[ \"$1\" = /bin/sh ] || [ -x \"$1\" ] || exit 1; touch \"$FIELD_REPORTS_SHARED/made\"", "a-right")
    try write("[ -e \"$FIELD_REPORTS_SHARED/made\" ] || exit 1", "b-shares")
    try write("echo 'mAP50 is 0'; echo 'and so on'; exit 1", "deep/c wrong")
    try write("exit 3", "d-silent")
    try write("kill -SEGV $$", "e-killed")
    try write("echo 'no gnuplot'; exit 77", "f-skipped")
    let run = try run(["reports", "/bin/sh"])
    #expect(run.status == 1)
    #expect(
      run.output.split(separator: "\n") == [
        "d-silent: exit 3, and not a line", "deep/c wrong: mAP50 is 0", "    and so on", "e-killed: ended by signal 11",
        "f-skipped: skipped: no gnuplot", "2 of 5 right, 1 skipped",
      ])
  }

  @Test("A script that does not end is killed with all that it started, and the others continue")
  func hanging() throws {
    try write("echo begun; mkfifo pipe; setsid cat pipe & cat pipe", "a-hangs")
    try write("exit 0", "b-right")
    let run = try run(["--limit", "2", "--jobs", "2", "reports", "/bin/sh"])
    #expect(run.status == 1)
    #expect(
      run.output.contains("a-hangs: begun\n    took over 2 s and was killed\n")
        && run.output.hasSuffix("1 of 2 right\n"))
  }

  @Test("All right is 0, nothing to run is 1, and wrong use is 2")
  func statuses() throws {
    try write("exit 0", "right")
    let right = try run(["reports", "/bin/sh"])
    #expect(right.status == 0 && right.output == "1 of 1 right\n")
    try FileManager.default.createDirectory(at: folder.url.appending(path: "empty"), withIntermediateDirectories: false)
    #expect(try run(["empty", "/bin/sh"]).status == 1)
    for wrong in [
      ["reports"], ["reports", "/nowhere"], ["nowhere", "/bin/sh"], ["--jobs", "0", "reports", "/bin/sh"],
    ] {
      #expect(try run(wrong).status == 2, "\(wrong)")
    }
  }
}
