import Foundation
import Testing

@Suite("A lost reader, terminal or limit costs a command its output, never the process", .serialized)
struct LostReaderTests {
  private let boards: SmallBoards

  init() throws { boards = try SmallBoards(12) }

  /// Runs bash lines in the test's folder. `$feeder` is the program, `$train` a small run on `boards`.
  private func bash(_ script: String) throws -> FeederProcess {
    let feeder = try #require(RunningFeeder.program("feeder")).path
    return try FeederProcess(
      ["-c", script], in: boards.folder.url,
      environment: ["feeder": feeder, "train": (["train", "boards"] + SmallBoards.smallSteps).joined(separator: " ")],
      program: "/bin/bash")
  }

  /// Opens descriptor 3 as a pipe whose reader is gone.
  private static let lostPipe = "mkfifo p; exec 4<>p 3>p 4<&-; "

  @Test("A run continues to its end if its messages have no reader any more")
  func messages() throws {
    let run = try bash(Self.lostPipe + "exec $feeder $train --epochs 2 --out run 2>&3")
    #expect(run.status == 0)
    #expect(try boards.streamRows("run").count == 3)
    let cut = try bash("$feeder $train --epochs 1 --out cut 2>&1 | head -n 3; exit ${PIPESTATUS[0]}")
    #expect(cut.status == 0 && cut.output.split(separator: "\n").count == 3, "\(cut.output)")
    #expect(boards.exists("cut/weights/last.safetensors"))
  }

  @Test("A short command whose output has no reader ends with 1 and no message")
  func results() throws {
    for command in ["doctor --json", "train --help", "--version", "cache info boards --json"] {
      let run = try bash(Self.lostPipe + "exec $feeder \(command) >&3")
      #expect(run.status == 1, "\(command): \(run.status)")
      #expect(!run.messages.contains("feeder: "), "\(command): \(run.messages)")
      try FileManager.default.removeItem(at: boards.url("p"))
    }
  }

  @Test("Under nohup a hang-up ends nothing; a second signal at once does not count")
  func hangUp() throws {
    let feeder = try #require(RunningFeeder.program("feeder")).path
    let running = try RunningFeeder(
      ["-c", "trap '' HUP; exec \"$0\" \"$@\"", feeder, "train", "boards"] + SmallBoards.smallSteps
        + ["--epochs", "500", "--out", "run"],
      in: boards.folder.url, program: "/bin/bash")
    #expect(running.waitForMessage(" 1/500"), "no first epoch")
    running.send(SIGHUP)
    #expect(running.waitForMessage(" 3/500"), "the hang-up ended it")
    running.send(SIGTERM)
    running.send(SIGINT)
    let ended = try running.finish()
    #expect([130, 143].contains(ended.status), "\(ended.messages)")
    #expect(ended.messages.contains("a checkpoint is written"), "\(ended.messages)")
  }

  @Test("Stacks of 64 KiB are not the threads' limit")
  func stacks() throws {
    let run = try bash("ulimit -s 64; exec $feeder $train --epochs 1 --out run")
    #expect(run.status == 0, "\(run.messages)")
  }

  @Test("A file size limit is one line that names it", arguments: [4000])
  func fileSize(_ blocks: Int) throws {
    let run = try bash("ulimit -f \(blocks); exec $feeder $train --epochs 1 --out run")
    expectRefusal(run, "(ulimit -f)")
    let predictions = try bash("ulimit -f 1; exec $feeder cache build boards --cache jpeg --cache-dir cache")
    expectRefusal(predictions, "(ulimit -f)")
    #expect(boards.names("cache").isEmpty, "\(boards.names("cache"))")
  }
}
