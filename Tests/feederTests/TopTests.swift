import Foundation
import Testing

@Suite("feeder top shows a run from its files")
struct TopTests {
  @Test("A run is shown while it goes and after its end, with the numbers of its files")
  func runningAndFinished() throws {
    let boards = try SmallBoards()
    let run = try RunningFeeder(
      ["train", "boards", "--epochs", "200", "--out", "run"] + SmallBoards.smallSteps, in: boards.folder.url)
    #expect(run.waitForMessage("2/200"))
    let seen = try boards.feeder("top", "run", "--json").json()
    #expect(["training", "validating"].contains(seen["state"] as? String))
    #expect((seen["epoch"] as? Int ?? 0) >= 1 && seen["epoch_count"] as? Int == 200)
    #expect((seen["images_per_second"] as? Double ?? 0) > 0)
    run.send(SIGINT)
    #expect(try run.finish().status == 130)
    let after = try boards.feeder("top", "run")
    #expect(after.status == 0 && after.messages.isEmpty)
    #expect(after.output.contains("/run: interrupted"))
    #expect(after.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test("What a run without end left is called silent, and not running")
  func killed() throws {
    let boards = try SmallBoards()
    _ = try boards.train("boards", "--epochs", "1", "--out", "run")
    let rows = try boards.text("run/telemetry.csv").split(separator: "\n").dropLast()
    var last = try #require(rows.last).split(separator: ",").map(String.init)
    last[1] = "1000"
    try boards.write(
      (rows.dropLast() + [last.joined(separator: ",")[...]]).joined(separator: "\n") + "\n", to: "run/telemetry.csv")
    #expect(try boards.feeder("top", "run", "--json").json()["state"] as? String == "silent")
  }

  @Test("A folder that is no run, and telemetry that is none, are refused in one line")
  func strange() throws {
    let boards = try SmallBoards()
    expectRefusal(try boards.feeder("top", "boards"), "args.yaml")
    expectRefusal(try boards.feeder("top", "nothing"), "nothing", "args.yaml")
    _ = try boards.train("boards", "--epochs", "1", "--out", "run")
    try boards.write("a,b\n1,2\n", to: "run/telemetry.csv")
    expectRefusal(try boards.feeder("top", "run"), "telemetry.csv", "line 1")
  }

  @Test("A run of a stranger shows nothing that the terminal would obey, and its settings are not expanded")
  func hostile() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "run"), withIntermediateDirectories: false)
    let settings = folder.url.appending(path: "run/args.yaml")
    try Data("model: \"\\e[2J\\a\"\ndata: /x\n".utf8).write(to: settings)
    let run = try FeederProcess(["top", "run", "--once"], in: folder.url)
    #expect(run.status == 0 && run.output.contains("?[2J? on /x"), "\(run.messages)")
    #expect(!run.output.unicodeScalars.contains("\u{1B}"))
    try Data("a: &a [x]\nb: [*a]\n".utf8).write(to: settings)
    expectRefusal(try FeederProcess(["top", "run"], in: folder.url), "args.yaml, line 2", "alias")
  }

  @Test("Without --verbose the tuner is silent, and the live line of a run fits into 100 columns")
  func lines() throws {
    let boards = try SmallBoards()
    let run = try boards.train("boards", "--epochs", "2", "--out", "run")
    let head = try #require(run.lines.firstIndex { $0.hasPrefix("  Epoch Memory") })
    #expect(run.lines[head].count <= 100 && run.lines[head + 1].count == run.lines[head].count)
    #expect(!run.messages.contains("loader from batch"))
  }
}
