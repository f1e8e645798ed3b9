import FeederCore
import FeederFixtures
import Foundation
import Testing

@Suite("feeder train --ranks: several processes compute what one does", .serialized)
struct RanksCommandTests {
  private static let flags = [
    "--image-size", "64", "--engine-threads", "1", "--workers", "1", "--precision", "fp32", "--device", "cpu",
    "--plots", "false",
    "--optimizer", "sgd", "--warmup-epochs", "0", "--memory", "256MiB",
  ]

  private func train(_ boards: SmallBoards, _ flags: String...) throws -> FeederProcess {
    try FeederProcess(["train", "boards"] + Self.flags + flags, in: boards.folder.url)
  }

  /// The numbers of all tensors whose names begin with `prefix`, in the order of the names.
  private func numbers(_ boards: SmallBoards, _ path: String, _ prefix: String) throws -> [Double] {
    let url = boards.url(path)
    let fixture = try Fixture(
      url.deletingPathExtension().lastPathComponent, folder: url.deletingLastPathComponent())
    return try fixture.names.filter { $0.hasPrefix(prefix) }.flatMap { try fixture.doubles($0) }
  }

  @Test("With --sync-bn the gradients of 2 and 4 ranks equal one process's within 1e-6")
  func gradients() throws {
    let boards = try SmallBoards(24)
    func gradient(_ ranks: Int) throws -> [Double] {
      // 16 batches per update, so the gradient of the first one is stored in the checkpoint.
      let run = try train(
        boards, "--batch", "8", "--sync-bn", "--ranks", "\(ranks)", "--stop-after-steps", "1", "--out", "r\(ranks)")
      #expect(run.status == 0, "\(run.messages)")
      return try numbers(boards, "r\(ranks)/weights/last.safetensors", "resume.gradient.")
    }
    func norm(_ values: [Double]) -> Double { values.map { $0 * $0 }.reduce(0, +).squareRoot() }
    let one = try gradient(1)
    #expect(one.count > 3_000_000 && norm(one) > 1)
    for ranks in [2, 4] {
      let several = try gradient(ranks)
      try #require(several.count == one.count)
      // Measured here: 6e-7 and 7e-7.
      #expect(norm(zip(several, one).map(-)) < 1e-6 * norm(one), "\(ranks) ranks")
    }
  }

  @Test(
    "50 steps with an uneven last batch: equal weights on all ranks, and stopped half-way and resumed, the same bytes")
  func steps() throws {
    // 21 images to train on: the last of an epoch's 6 batches holds one image, so one of the two ranks gets none.
    let boards = try SmallBoards(26)
    let flags = ["--batch", "4", "--nominal-batch", "4", "--epochs", "9", "--ranks", "2"]
    func run(_ more: String...) throws -> FeederProcess {
      try FeederProcess(["train", "boards"] + Self.flags + flags + more, in: boards.folder.url)
    }
    let whole = try run("--out", "whole", "--json")
    #expect(whole.status == 0, "\(whole.messages)")
    #expect(try whole.json()["epochs_done"] as? Int == 9)
    #expect(try boards.counters("whole/weights/last.safetensors")[2] == 54)
    #expect(whole.lines.count { $0.hasPrefix("ranks: 2") } == 1, "one rank speaks: \(whole.messages)")
    let half = try run("--out", "half", "--stop-after-steps", "27")
    #expect(half.status == 0, "\(half.messages)")
    let rest = try boards.feeder("train", "boards", "--resume", "half", "--stop-after-steps", "0")
    #expect(rest.status == 0, "\(rest.messages)")
    #expect(
      try Data(contentsOf: boards.url("whole/weights/last.safetensors"))
        == Data(contentsOf: boards.url("half/weights/last.safetensors")))
  }

  @Test("Losses and metrics of 1, 2 and 3 ranks are within 1e-3 of each other")
  func metrics() throws {
    let boards = try SmallBoards(30)
    func row(_ ranks: Int) throws -> [String: Double] {
      let run = try train(
        boards, "--batch", "6", "--nominal-batch", "6", "--epochs", "1", "--sync-bn", "--ranks", "\(ranks)", "--out",
        "m\(ranks)")
      #expect(run.status == 0, "\(run.messages)")
      let lines = try boards.text("m\(ranks)/results.csv").split(separator: "\n").map { $0.split(separator: ",") }
      try #require(lines.count == 2)
      return Dictionary(uniqueKeysWithValues: zip(lines[0].map(String.init), lines[1].map { Double($0) ?? 0 }))
    }
    let one = try row(1)
    #expect((one["train/cls_loss"] ?? 0) > 0.01)
    for ranks in [2, 3] {
      let several = try row(ranks)
      for (name, value) in one where name.hasPrefix("train/") || name.hasPrefix("metrics/") {
        #expect(abs((several[name] ?? -1) - value) <= 1e-3 * max(1, abs(value)), "\(name), \(ranks) ranks")
      }
    }
  }

  @Test("After a rank is killed, the others leave within 30 s with a line, and the last checkpoint can be resumed")
  func killed() throws {
    let boards = try SmallBoards(200)
    let running = try RunningFeeder(
      ["train", "boards"] + Self.flags + ["--batch", "4", "--ranks", "2", "--checkpoint-every", "1", "--out", "run"],
      in: boards.folder.url)
    #expect(running.waitForMessage(" 1/40 "), "no first step")
    let victim = try #require(running.children.first { $0.environment["RANK"] == "1" })
    kill(victim.pid, SIGKILL)
    let start = ContinuousClock.now
    let ended = try running.finish()
    #expect(ContinuousClock.now - start < .seconds(30))
    #expect(ended.status == 1)
    #expect(ended.messages.contains("rank 1 was ended by signal 9"), "\(ended.messages)")
    #expect(ended.messages.contains("another rank has ended or does not answer"), "\(ended.messages)")
    let resumed = try boards.feeder("train", "boards", "--resume", "run", "--stop-after-steps", "1")
    #expect(resumed.status == 0, "\(resumed.messages)")
  }

  @Test("Ctrl-C stops all ranks after one checkpoint, with its status", arguments: [SIGINT, SIGTERM])
  func interrupted(_ signal: Int32) throws {
    let boards = try SmallBoards(200)
    let running = try RunningFeeder(
      ["train", "boards"] + Self.flags + ["--batch", "4", "--ranks", "2", "--out", "run"], in: boards.folder.url)
    #expect(running.waitForMessage(" 1/40 "), "no first step")
    running.send(signal)
    let ended = try running.finish()
    #expect(ended.status == 128 + signal, "\(ended.messages)")
    #expect(ended.messages.contains("interrupted: a checkpoint "))
    #expect(boards.names("run/weights") == ["last.safetensors"])
  }

  @Test("Ranks that another program started, and restarted after a failure, resume the newest checkpoint")
  func restarted() throws {
    let boards = try SmallBoards(24)
    func ranks(_ port: Int, restart: Int) throws -> [FeederProcess] {
      let running = try (0..<2).map { rank in
        try RunningFeeder(
          ["train", "boards"] + Self.flags + ["--batch", "4", "--stop-after-steps", "2", "--out", "run"],
          in: boards.folder.url,
          environment: [
            "RANK": "\(rank)", "WORLD_SIZE": "2", "LOCAL_RANK": "\(rank)", "LOCAL_WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)", "TORCHELASTIC_RESTART_COUNT": "\(restart)",
          ])
      }
      return try running.map { try $0.finish() }
    }
    let first = try ranks(29_611, restart: 0)
    #expect(first.map(\.status) == [0, 0], "\(first.map(\.messages))")
    #expect(first[1].messages.isEmpty, "rank 1 says nothing: \(first[1].messages)")
    let second = try ranks(29_612, restart: 1)
    #expect(second.map(\.status) == [0, 0], "\(second.map(\.messages))")
    #expect(second[0].messages.contains("restart 1"))
    #expect(try boards.counters("run/weights/last.safetensors")[2] == 4)
    #expect(!boards.exists("run2"))
  }

  @Test(
    "What does not fit is said once, in one line",
    arguments: [
      (["--ranks", "3", "--batch", "4"], "--batch 4"), (["--ranks", "0"], "--ranks 0"),
      (["--ranks", "x"], "--ranks x"),
      (["--ranks", "3", "--device", "cuda:0,cuda:1"], "--ranks 3"), (["--device", "cuda:7,cuda:8"], "cuda:7"),
    ])
  func refusals(flags: [String], words: String) throws {
    let boards = try SmallBoards()
    let run = try FeederProcess(["train", "boards"] + flags, in: boards.folder.url)
    #expect(run.status == 1 && run.lines.count { $0.hasPrefix("feeder: ") } == 1, "\(run.messages)")
    #expect(run.messages.contains(words), "\(run.messages)")
    #expect(!boards.exists("runs"))
  }
}
