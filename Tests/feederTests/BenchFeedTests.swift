import Foundation
import Testing

@Suite("bench feed and bench tuner print one document with what design and issue promise")
struct BenchFeedTests {
  private func feed(_ boards: SmallBoards, _ more: String...) throws -> [String: Any] {
    let run = try FeederProcess(
      ["bench", "feed", "boards", "--batch", "3", "--image-size", "96", "--cache-dir", "cache", "--json"] + more,
      in: boards.folder.url)
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.output.split(separator: "\n").count == 1)
    return try run.json()
  }

  @Test("the stream is the same pinned and tuned, throttled and not, and the figures are all there")
  func document() throws {
    let boards = try SmallBoards(12)
    let tuned = try feed(boards, "--step-ms", "2", "--steps", "60")
    let pinned = try feed(
      boards, "--step-ms", "1", "--steps", "60", "--workers", "2", "--prefetch", "3", "--read-mib-per-s", "500",
      "--change-at", "30", "--new-step-ms", "0.5")
    for report in [tuned, pinned] {
      let share = try #require(report["stall_share"] as? Double)
      #expect(share >= 0 && share <= 1)
      #expect((report["prefetch_depth"] as? [Int])?.count == 60)
      #expect((report["workers"] as? [Int])?.count == 60)
      #expect(report["peak_bytes"] as? Int ?? 0 > 1_000_000)
      #expect((0...60).contains(report["settled_after_steps"] as? Int ?? -1))
    }
    #expect((pinned["workers"] as? [Int])?.allSatisfy { $0 == 2 } == true)
    #expect((pinned["prefetch_depth"] as? [Int])?.allSatisfy { $0 == 3 } == true)
    #expect(tuned["stream_hash"] as? String == pinned["stream_hash"] as? String)
    #expect((tuned["stream_hash"] as? String)?.count == 16)
  }

  @Test("a throttle is felt: reading limits, and the verdict says so")
  func throttle() throws {
    let boards = try SmallBoards(60)
    let report = try feed(
      boards, "--step-ms", "1", "--steps", "80", "--read-mib-per-s", "1", "--cache", "pixels")
    let share = try #require(report["stall_share"] as? Double)
    #expect(share > 0.5)
    #expect(report["verdict"] as? String == "read")
  }

  @Test("dearer decoding and pauses of production are felt, and the stream stays what it was")
  func disturbances() throws {
    let boards = try SmallBoards(12)
    let calm = try feed(boards, "--step-ms", "1", "--steps", "40", "--cache", "jpeg")
    let paused = try feed(
      boards, "--step-ms", "1", "--steps", "40", "--cache", "jpeg", "--pause-ms", "600", "--pause-every", "10",
      "--prefetch", "1", "--workers", "1")
    let dear = try feed(
      boards, "--step-ms", "1", "--steps", "40", "--cache", "jpeg", "--decode-times", "50", "--change-at", "20",
      "--workers", "1", "--prefetch", "1")
    for report in [paused, dear] { #expect(report["stream_hash"] as? String == calm["stream_hash"] as? String) }
    // Three pauses in 36 steps of 1 ms, with two batches ready.
    #expect(paused["stall_share"] as? Double ?? 0 > 0.7)
    let after = try #require(dear["stall_share_after_change"] as? Double)
    #expect(after > 0.5, "50 decodes of every image take longer than the step")
  }

  @Test("the sweep tries every worker count and depth in each phase alone, and says the tuner's regret")
  func sweep() throws {
    let boards = try SmallBoards(12)
    let report = try feed(
      boards, "--step-ms", "1", "--steps", "24", "--change-at", "12", "--new-step-ms", "0.5", "--sweep", "--rounds", "2"
    )
    let phases = try #require(report["phases"] as? [[String: Any]])
    #expect(phases.map { $0["first_step"] as? Int } == [0, 12])
    for phase in phases {
      let tried = try #require(phase["tried"] as? [[String: Any]])
      #expect(tried.count % 6 == 0 && tried.count >= 6)
      let oracle = try #require(phase["oracle"] as? [String: Any])
      let share = try #require(oracle["stall_share"] as? Double)
      let least = tried.compactMap { $0["stall_share"] as? Double }.min() ?? 2
      #expect(share >= least && share <= least + 0.0011)
      let tuned = try #require(phase["stall_share"] as? Double)
      #expect(abs((phase["regret_points"] as? Double ?? 1000) - (tuned - share) * 100) < 1e-6)
    }
  }

  @Test("flags that make no sense are refused")
  func refusals() throws {
    let boards = try SmallBoards(2)
    for flags in [
      ["--step-ms", "-1"], ["--step-ms", "1", "--steps", "0"], ["--step-ms", "1", "--change-at", "3"],
      ["--step-ms", "1", "--new-step-ms", "3"], ["--step-ms", "1", "--read-mib-per-s", "0"], [],
      ["--step-ms", "1", "--decode-times", "3"], ["--step-ms", "1", "--decode-times", "0", "--cache", "jpeg"],
      ["--step-ms", "1", "--pause-ms", "5"], ["--step-ms", "1", "--pause-ms", "5", "--pause-every", "0"],
      ["--step-ms", "1", "--sweep", "--workers", "1"], ["--step-ms", "1", "--sweep", "--rounds", "0"],
    ] {
      let run = try FeederProcess(["bench", "feed", "boards"] + flags, in: boards.folder.url)
      #expect(run.status == 2, "\(flags): \(run.messages)")
    }
  }

  @Test("bench tuner writes its tables")
  func tables() throws {
    let boards = try SmallBoards(2)
    let run = try boards.feeder("bench", "tuner", "--seeds", "1", "--out", "tuner.md", "--json")
    #expect(run.status == 0, "\(run.messages)")
    let rows = try #require(try run.json()["rows"] as? [[String: Any]])
    #expect(rows.count == 9)
    #expect(try String(contentsOf: boards.url("tuner.md"), encoding: .utf8).contains("| mean, clipped |"))
  }
}
