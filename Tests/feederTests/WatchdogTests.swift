import Foundation
import Testing

@Suite("A run without progress ends by itself, and says what each thread was doing", .serialized)
struct WatchdogTests {
  @Test("an image whose reading never returns: its name and its worker, and a checkpoint of all batches before it")
  func stuckWorker() throws {
    let boards = try SmallBoards(12)
    let name = try #require(boards.names("boards/images/train").first)
    let disk = FaultyDisk(folder: boards.folder.url)
    let run = try FeederProcess(
      ["train", "boards"] + SmallBoards.smallSteps
        + [
          "--cache", "none", "--epochs", "100", "--out", "run", "--watchdog", "3", "--mosaic", "0",
        ],
      in: boards.folder.url, environment: disk.stuck(name, at: 12))
    #expect(run.status == 1, "\(run.messages)")
    let image = name.replacingOccurrences(of: ".jpg", with: "")
    // The checkpoint holds everything before the batch with that image.
    let batch = try boards.counters("run/weights/last.safetensors")[1]
    #expect(run.lines.contains { $0.hasPrefix("worker 0: at image '\(image)' of batch \(batch)") }, "\(run.messages)")
    #expect(run.lines.contains { $0.hasPrefix("loader: ") && $0.contains("filling") }, "\(run.messages)")
    #expect(run.lines.contains("rank 0 of 1: the run waits for a batch"), "\(run.messages)")
    #expect(run.lines.last?.hasPrefix("feeder: stuck: nothing was done for") == true, "\(run.messages)")
    #expect(run.lines.last?.contains("--resume") == true)
    let resumed = try boards.feeder("train", "boards", "--resume", "run", "--stop-after-steps", "1")
    #expect(resumed.status == 0, "\(resumed.messages)")
  }

  @Test("a rank that does not answer: the other says so and leaves")
  func stuckRank() throws {
    let boards = try SmallBoards(40)
    let running = try RunningFeeder(
      ["train", "boards"] + SmallBoards.smallSteps
        + ["--ranks", "2", "--epochs", "500", "--out", "run", "--watchdog", "3"], in: boards.folder.url)
    #expect(running.waitForMessage(" 2/8 "), "no second step")
    let second = try #require(running.children.first { $0.environment["RANK"] == "1" })
    kill(second.pid, SIGSTOP)
    #expect(running.waitForMessage("stuck: nothing was done for"))
    kill(second.pid, SIGKILL)
    let ended = try running.finish()
    #expect(ended.status == 1, "\(ended.messages)")
    #expect(
      ended.lines.contains { $0.hasPrefix("rank 0 of 2: the run ") && $0.contains("the 1 other ranks") },
      "\(ended.messages)")
  }
}
