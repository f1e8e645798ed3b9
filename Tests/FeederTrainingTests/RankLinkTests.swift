import FeederTorch
import Synchronization
import Testing

@testable import FeederTraining

@Suite("Gradients travel over NCCL between GPUs, else over gloo, and ranks wait for each other", .serialized)
struct RankLinkTests {
  private struct Refused: Error, CustomStringConvertible { let description = "out of order" }

  /// The sum of two ranks' gradients, 1 + 2, as this rank gets it.
  private static func reduced(_ ranks: Ranks, on device: Device) throws -> [Float] {
    let leaf = try Tensor.full([3], 1, device: device)
    try leaf.setRequiresGradient()
    let reduction = try GradientReduction([leaf], over: ranks.group, link: ranks.link)
    reduction.begin()
    try (leaf * Double(ranks.place.rank + 1)).sum().backward()
    try reduction.finish()
    return try #require(try leaf.gradient()).to(.cpu).array()
  }

  @Test("Ranks on the CPU need no link and say nothing about one", arguments: [1, 2, 3])
  func cpu(count: Int) throws {
    let lines = try withRanks(count) { ranks in
      let line = try ranks.linkDevices(.cpu)
      #expect(ranks.link == nil)
      return line ?? "none"
    }
    #expect(lines == [String](repeating: "none", count: count))
  }

  @Test("A rank on the CPU, or a shared GPU, keeps all ranks on gloo, with the reason")
  func unfit() throws {
    for (devices, reason) in [
      ([Device.cuda(0), .cuda(1), .cpu], "rank 2 computes on the CPU"),
      ([.cuda(0), .cuda(1), .cuda(0)], "ranks share a GPU"),
    ] {
      let lines = try withRanks(3) { try $0.linkDevices(devices[$0.place.rank]) ?? "none" }
      #expect(
        lines == [String](repeating: "gradients: through host memory and gloo, because \(reason)", count: 3))
    }
  }

  @Test(
    "If NCCL is missing or refuses, all ranks print one line with its reason, and gloo carries the gradients",
    .enabled(if: Engine.cudaDeviceCount == 0, "a GPU is here"))
  func refused() throws {
    let all = try withRanks(2) { ranks in
      let line = try ranks.linkDevices(.cuda(ranks.place.rank)) ?? "none"
      #expect(ranks.link == nil)
      return ([line], try Self.reduced(ranks, on: .cpu))
    }
    let line = all[0].0[0]
    #expect(line.hasPrefix("gradients: through host memory and gloo, because on rank 0 NCCL"), "\(line)")
    #expect(line.contains("libnccl.so.2") || line.contains("CUDA driver"), "\(line)")
    #expect(!line.contains("\n") && all[1].0[0] == line)
    #expect(all.allSatisfy { $0.1 == [3, 3, 3] })
  }

  @Test("Two GPUs sum gradients over NCCL", .enabled(if: Engine.cudaDeviceCount >= 2, "fewer than two GPUs"))
  func linked() throws {
    let all = try withRanks(2) { ranks in
      let device = Device.cuda(ranks.place.rank)
      let line = try ranks.linkDevices(device)
      #expect(line?.hasPrefix("gradients: summed between the GPUs by NCCL") == true, "\(line ?? "")")
      return try Self.reduced(ranks, on: device)
    }
    #expect(all == [[3, 3, 3], [3, 3, 3]])
  }

  @Test("No rank continues before all are done")
  func waiting() throws {
    let doneCount = Mutex(0)
    let seen = try withRanks(3) { ranks in
      var asked = 0
      var isNoted = false
      try ranks.group.waitTogether("a test") {
        asked += 1
        guard asked > 500 * ranks.place.rank else { return false }
        if !isNoted { doneCount.withLock { $0 += 1 } }
        isNoted = true
        return true
      }
      return doneCount.withLock { $0 }
    }
    #expect(seen == [3, 3, 3])
  }

  @Test("A failure on one rank while all wait ends the wait on all, and the others see a lost rank")
  func failing() throws {
    let lines = try withRanks(2) { ranks in
      do {
        try ranks.together { group in
          try group.waitTogether("a test") {
            if ranks.place.rank == 1 { throw Refused() }
            return false
          }
        }
        return "done"
      } catch { return "\(error)" }
    }
    #expect(lines[1] == "out of order")
    #expect(lines[0].hasPrefix("rank 0: another rank has ended or does not answer (NCCL lost a rank"), "\(lines[0])")
  }

  @Test("A rank that ends while the others wait is noticed long before the group's patience ends")
  func leaving() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let lines = try withRanks(2) { ranks in
      guard ranks.place.rank == 0 else { return "left" }
      do {
        try ranks.together { try $0.waitTogether("a test") { false } }
        return "done"
      } catch { return "\(error)" }
    }
    #expect(lines[0].hasPrefix("rank 0: another rank has ended or does not answer"), "\(lines[0])")
    #expect(clock.now - start < .seconds(30))
  }
}
