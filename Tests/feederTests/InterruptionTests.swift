import Foundation
import Testing

@Suite("A signal ends a command in good order", .serialized)
struct InterruptionTests {
  @Test(
    "In the middle of an epoch a checkpoint is written, the exit status names the signal, and the run can go on",
    arguments: [SIGINT, SIGQUIT, SIGTERM, SIGHUP])
  func duringEpoch(_ signal: Int32) throws {
    let boards = try SmallBoards(500)
    let running = try RunningFeeder(
      ["train", "boards"] + SmallBoards.smallSteps + ["--epochs", "3", "--out", "run", "--json"], in: boards.folder.url)
    #expect(running.waitForMessage(" 1/100 "), "no first step")
    running.send(signal)
    let start = ContinuousClock.now
    let ended = try running.finish()
    // Less than a second on an idle machine. On a busy one, the epoch's other steps would take longer as well.
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

  @Test("At the limit of CPU time a checkpoint is written, a line names the limit, and the status is 1")
  func cpuLimit() throws {
    let boards = try SmallBoards()
    let feeder = try #require(RunningFeeder.program("feeder")).path
    let run = try FeederProcess(
      ["-c", "ulimit -S -t 3; exec \"$0\" \"$@\"", feeder, "train", "boards"] + SmallBoards.smallSteps
        + ["--epochs", "5000", "--patience", "0", "--out", "run"], in: boards.folder.url, program: "/bin/sh")
    #expect(run.status == 1, "\(run.messages)")
    #expect(
      run.lines.contains("feeder: the limit of CPU time is reached (3 s): raise it with ulimit -t"), "\(run.messages)")
    #expect(run.lines.last?.hasPrefix("interrupted: a checkpoint ") == true, "\(run.messages)")
    let resumed = try boards.feeder("train", "--resume", "run", "--stop-after-steps", "1")
    #expect(resumed.status == 0, "\(resumed.messages)")
  }

  @Test("A drive that does not answer: a checkpoint of the last complete step in 10 s, resumed to the same weights")
  func deadDrive() throws {
    let boards = try SmallBoards(20)
    let flags =
      SmallBoards.smallSteps + ["--cache", "none", "--mosaic", "0", "--epochs", "5", "--close-mosaic", "0"]
    let whole = try FeederProcess(["train", "boards"] + flags + ["--out", "whole"], in: boards.folder.url)
    #expect(whole.status == 0, "\(whole.messages)")
    let name = try #require(boards.names("boards/images/train").first)
    let running = try RunningFeeder(
      ["train", "boards"] + flags + ["--out", "run", "--watchdog", "0", "--json"], in: boards.folder.url,
      environment: FaultyDisk(folder: boards.folder.url).stuck(name, at: 4))
    #expect(running.waitForMessage("faulty: stuck"), "no image that hangs")
    Thread.sleep(forTimeInterval: 1)  // batches that were filled before are trained
    running.send(SIGINT)
    let start = ContinuousClock.now
    let ended = try running.finish()
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(ended.status == 130, "\(ended.messages)")
    #expect(
      ended.output.isEmpty && ended.lines.last?.contains("of the last complete step") == true, "\(ended.messages)")
    let place = try boards.counters("run/weights/last.safetensors")
    #expect((0..<5).contains(place[0]) && place[2] > 0 && place[2] < 20, "not inside the run: \(place)")
    let resumed = try boards.feeder("train", "boards", "--resume", "run")
    #expect(resumed.status == 0, "\(resumed.messages)")
    #expect(
      try Data(contentsOf: boards.url("run/weights/last.safetensors"))
        == Data(contentsOf: boards.url("whole/weights/last.safetensors")))
    #expect(try boards.streamRows("run") == boards.streamRows("whole"))
  }

  @Test("A rank that does not answer: rank 0 writes a checkpoint and leaves, and the other is ended")
  func deadRank() throws {
    let boards = try SmallBoards(40)
    let running = try RunningFeeder(
      ["train", "boards"] + SmallBoards.smallSteps
        + ["--ranks", "2", "--epochs", "500", "--out", "run", "--watchdog", "0"], in: boards.folder.url)
    #expect(running.waitForMessage(" 2/8 "), "no second step")
    let second = try #require(running.children.first { $0.environment["RANK"] == "1" })
    kill(second.pid, SIGSTOP)
    running.send(SIGTERM)
    let ended = try running.finish()
    #expect(ended.status == 143, "\(ended.messages)")
    #expect(ended.messages.contains("of the last complete step"), "\(ended.messages)")
    #expect(kill(second.pid, 0) != 0, "rank 1 is still there")
    let resumed = try boards.feeder("train", "boards", "--resume", "run", "--stop-after-steps", "2")
    #expect(resumed.status == 0, "\(resumed.messages)")
  }

  @Test("cache build leaves no unfinished file", arguments: [SIGINT, SIGTERM, SIGHUP])
  func duringCache(_ signal: Int32) throws {
    let boards = try SmallBoards(600)
    let running = try RunningFeeder(
      ["cache", "build", "boards", "--cache", "pixels", "--image-size", "64", "--cache-dir", "cache"],
      in: boards.folder.url)
    #expect(running.waitForMessage("caching train"), "no first image")
    running.send(signal)
    let ended = try running.finish()
    #expect(ended.status == 128 + signal, "\(ended.messages)")
    #expect(boards.names("cache").isEmpty, "\(boards.names("cache"))")
  }

  @Test("synth leaves nothing behind", arguments: [SIGINT, SIGTERM, SIGHUP])
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
