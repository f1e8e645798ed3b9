import Foundation
import Testing

@Suite("A run that is killed or cancelled at any moment can be resumed, and gives the same bytes", .serialized)
struct KillTests {
  private let boards: SmallBoards
  private static let flags = ["--epochs", "3", "--checkpoint-every", "2", "--cache-dir", "cache"]

  init() throws { boards = try SmallBoards(30) }

  private func start(_ out: String) throws -> RunningFeeder {
    try RunningFeeder(
      ["train", "boards"] + SmallBoards.smallSteps + Self.flags + ["--out", out], in: boards.folder.url)
  }

  /// Runs `whole` undisturbed. Returns its seconds.
  private func whole() throws -> Double {
    #expect(try start("warm-up").finish().status == 0)  // builds the cache
    let clock = ContinuousClock.now
    let run = try start("whole").finish()
    try #require(run.status == 0, "\(run.messages)")
    return (ContinuousClock.now - clock) / .seconds(1)
  }

  /// Sleeps for a random part of `seconds` and returns it.
  private func wait(_ seconds: Double) -> Double {
    let part = Double.random(in: 0..<seconds)
    Thread.sleep(forTimeInterval: part)
    return part
  }

  /// Resumes `run` to its end, or starts it if it wrote no checkpoint, and compares it with `whole`.
  private func expectWhole(_ run: String, _ place: String) throws {
    if boards.names(run + "/weights").contains("last.safetensors") {
      let resumed = try boards.feeder("train", "boards", "--resume", run, "--cache-dir", "cache")
      #expect(resumed.status == 0, "\(place): \(resumed.messages)")
    } else {
      try? FileManager.default.removeItem(at: boards.url(run))
      #expect(try start(run).finish().status == 0, "\(place)")
    }
    for name in ["last", "best"] {
      let path = "/weights/\(name).safetensors"
      let (mine, theirs) = (boards.url(run + path), boards.url("whole" + path))
      #expect(try Data(contentsOf: mine) == Data(contentsOf: theirs), "\(place): \(name)")
    }
    #expect(try boards.streamRows(run) == boards.streamRows("whole"), "\(place)")
    try FileManager.default.removeItem(at: boards.url(run))
  }

  @Test("SIGKILL: equal weights, and every epoch saw every image once")
  func killed() throws {
    let seconds = try whole()
    var kills = 0
    while kills < Torture.amount ?? 3 {  // the run may be over before the kill
      let running = try start("run")
      var place = "killed after \(wait(seconds)) s"
      running.send(SIGKILL)
      if try running.finish().status == 128 + SIGKILL { kills += 1 }
      if Bool.random(), boards.names("run/weights").contains("last.safetensors") {
        let again = try RunningFeeder(
          ["train", "boards", "--resume", "run", "--cache-dir", "cache"], in: boards.folder.url)
        place += ", and again after \(wait(seconds)) s"
        again.send(SIGKILL)
        if try again.finish().status == 128 + SIGKILL { kills += 1 }
      }
      try expectWhole("run", place)
    }
    print("killed \(kills) times")
  }

  @Test("SIGINT and SIGTERM: a checkpoint and the signal's status within 10 s; a second one leaves at once")
  func stopped() throws {
    let seconds = try whole()
    let rounds = Torture.amount.map { 2 * $0 } ?? 4
    var heeded = 0
    for round in 0..<rounds {
      let signal = round % 2 == 0 ? SIGINT : SIGTERM
      // Some at any time of the whole run, some while it trains.
      let isTraining = round % 8 < 2
      let running = try start("run")
      if isTraining { #expect(running.waitForMessage("training yolov8")) }
      let place =
        "signal \(signal) after \(wait(isTraining ? seconds / 3 : seconds)) s\(isTraining ? " of training" : "")"
      running.send(signal)
      let clock = ContinuousClock.now
      if round % 4 >= 2 {
        Thread.sleep(forTimeInterval: 0.01)
        running.send(signal)
      }
      let ended = try running.finish()
      #expect(ContinuousClock.now - clock < .seconds(10), "\(place)")
      #expect([0, 128 + signal].contains(ended.status), "\(place): \(ended.status) \(ended.messages)")
      if ended.status != 0, isTraining {
        #expect(ended.messages.contains("interrupted: a checkpoint "), "\(place): \(ended.messages)")
        #expect(boards.exists("run/weights/last.safetensors"), "\(place)")
        heeded += 1
      }
      try expectWhole("run", place)
    }
    // A run may be over before its signal arrives, but not half of them: most of their time is still ahead.
    #expect(heeded >= max(rounds / 8, 1))
    print("\(heeded) runs wrote a checkpoint at a signal in training")
  }

  @Test(
    "a kill or a power cut in a save: the last two are there, none that had returned is lost, equal weights at the end")
  func killedSaves() throws {
    func train(_ words: [String], _ environment: [String: String] = [:]) throws -> FeederProcess {
      try FeederProcess(["train", "boards"] + words, in: boards.folder.url, environment: environment)
    }
    func begin(_ out: String, _ steps: Int) throws {
      let words = SmallBoards.smallSteps + ["--epochs", "1000", "--checkpoint-every", "1", "--patience", "0"]
      let run = try train(words + ["--stop-after-steps", "\(steps)", "--out", out])
      try #require(run.status == 0, "\(run.messages)")
    }
    try begin("run", 1)
    let disk = FaultyDisk(folder: boards.url("run/weights"))
    let calls = try disk.calls { try #require(train(["--resume", "run", "--stop-after-steps", "1"], $0).status == 0) }
    #expect(calls.count > 4)
    /// Number of saves so far: one per step.
    func saves() throws -> Int { try boards.counters("run/weights/last.safetensors")[2] }
    let lives = Torture.amount.map { 10 * $0 } ?? 8
    for life in 1...lives {
      // The first run ends right after a save.
      let number = life == 1 ? calls.count + 1 : .random(in: 1...3 * calls.count)
      let fault = life == 1 || Bool.random() ? FaultyDisk.Fault.powerCut : .killed
      let before = try saves()
      let place = "life \(life), \(fault) at call \(number)"
      let (run, met) = try disk.failing(at: number, fault) {
        try train(["--resume", "run", "--stop-after-steps", "0"], $0)
      }
      try #require(run.status == 128 + SIGKILL, "\(place): \(run.status) \(run.messages)")
      let kept = try ["last", "previous"].map { try boards.counters("run/weights/\($0).safetensors")[2] }
      #expect((0...1).contains(kept[0] - kept[1]), "\(place): after \(kept) steps")
      let lost = before + FaultyDisk.savesDone(met) - (try saves())
      // A save may be on the disk before it has returned.
      #expect((-1...0).contains(lost), "\(place): \(lost) saves lost")
    }
    #expect(try train(["--resume", "run", "--stop-after-steps", "1"]).status == 0)
    let steps = try boards.counters("run/weights/last.safetensors")[2]
    #expect(steps >= lives / 2)
    try begin("whole", steps)
    let (run, whole) = ("run/weights/last.safetensors", "whole/weights/last.safetensors")
    #expect(try Data(contentsOf: boards.url(run)) == Data(contentsOf: boards.url(whole)), "after \(steps) steps")
    #expect(try boards.streamRows("run") == boards.streamRows("whole"))
    print("\(lives) saves were killed, \(steps) steps")
  }

  @Test("a cache that is being built: the old one stays valid, the next build is whole and leaves nothing over")
  func killedCache() throws {
    let build = ["cache", "build", "boards", "--image-size", "160", "--cache", "pixels", "--cache-dir", "killed"]
    func run(_ words: [String]) throws -> FeederProcess { try FeederProcess(words, in: boards.folder.url) }
    let clock = ContinuousClock.now
    #expect(try run(build).status == 0)
    let seconds = (ContinuousClock.now - clock) / .seconds(1)
    for _ in 0..<(Torture.amount.map { 4 * $0 } ?? 6) {
      let running = try RunningFeeder(build + ["--rebuild"], in: boards.folder.url)
      let place = "killed after \(wait(seconds)) s"
      running.send(SIGKILL)
      _ = try running.finish()
      let verified = try run(["cache", "verify", "boards", "--cache-dir", "killed"])
      #expect(verified.status == 0, "\(place): \(verified.messages)")
      #expect(try run(build + ["--rebuild"]).status == 0)
      #expect(boards.names("killed").allSatisfy { !$0.hasSuffix(".unfinished") }, "\(place)")
    }
  }
}
