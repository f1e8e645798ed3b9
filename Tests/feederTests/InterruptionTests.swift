import Foundation
import Testing

@Suite("A signal ends a command in good order", .serialized)
struct InterruptionTests {
  @Test(
    "In the middle of an epoch a checkpoint is written, the exit status names the signal, and the run can go on",
    arguments: [SIGINT, SIGTERM])
  func duringEpoch(_ signal: Int32) throws {
    let boards = try SmallBoards(500)
    let running = try RunningFeeder(
      ["train", "boards"] + SmallBoards.smallSteps + ["--epochs", "3", "--out", "run", "--json"], in: boards.folder.url)
    #expect(running.waitForMessage(" 1/100 "), "no first step")
    running.send(signal)
    let start = ContinuousClock.now
    let ended = try running.finish()
    // Under a second on an idle machine; the epoch's other steps would take longer on a busy one as well.
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(ended.status == 128 + signal, "\(ended.messages)")
    #expect(ended.output.isEmpty && ended.messages.contains("--resume"))
    let place = try boards.counters("run/weights/last.safetensors")
    #expect(place[0] == 0 && (1..<100).contains(place[1]), "not inside the first epoch: \(place)")
    #expect(boards.names("run/weights") == ["last.safetensors"])
    let resumed = try boards.feeder("train", "boards", "--resume", "run", "--stop-after-steps", "2")
    #expect(resumed.status == 0, "\(resumed.messages)")
    #expect(try boards.counters("run/weights/last.safetensors")[1] == place[1] + 2)
  }

  @Test("synth leaves nothing behind", arguments: [SIGINT, SIGTERM])
  func duringSynth(_ signal: Int32) throws {
    let folder = try TemporaryFolder()
    let running = try RunningFeeder(["synth", "--out", "deep/boards", "--boards", "20000"], in: folder.url)
    #expect(running.waitForMessage("drawing"), "no first board")
    running.send(signal)
    let ended = try running.finish()
    #expect(ended.status == 128 + signal, "\(ended.messages)")
    #expect(ended.lines.last == "feeder: stopped; nothing was written")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }
}
