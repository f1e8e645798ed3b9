import BoardSupport
import FeederCache
import FeederCore
import FeederImaging
import Synchronization
import Testing

@testable import FeederLoader

@Suite("Workers and prefetch depth change while a loader runs, and nothing else does")
struct AdjustTests {
  private func settings(workers: Int = 2, depth: Int = 2) -> LoaderSettings {
    LoaderSettings(
      batch: 2, imageSize: 32, mode: .training(AugmentationSettings()), workers: workers, prefetchDepth: depth)
  }

  @Test("the stream is the same whatever is adjusted, batch after batch", arguments: [UInt64(1), 2, 3])
  func streamStays(seed: UInt64) throws {
    let source = SyntheticSource(count: 60)
    let plain = try Loader(source: source, settings: settings())
    let moving = try Loader(source: source, settings: settings(workers: 1, depth: 1))
    var random = CounterRandom(seed: seed, purpose: .order)
    for epoch in 0..<4 {
      plain.startEpoch(epoch)
      while let batch = try plain.nextBatch() { batch.release() }
      moving.startEpoch(epoch)
      while let batch = try moving.nextBatch() {
        if random.uniform() < 0.5 {
          let (workers, depth) = (1 + random.integer(below: 5), 1 + random.integer(below: 9))
          let plan = try moving.adjust(workers: workers, prefetchDepth: depth)
          #expect(plan.workers == workers && plan.prefetchDepth == depth)
        }
        batch.release()
      }
      #expect(moving.epochHash == plain.epochHash)
    }
  }

  @Test("slots come and go with the depth: never more bytes than planned, and all are given back")
  func memoryFollowsDepth() throws {
    let memory = CountingMemory()
    do {
      let loader = try Loader(
        source: SyntheticSource(count: 40), settings: settings(depth: 1), slotMemory: memory)
      let slot = loader.plan.slotByteCount
      func held() -> Int { memory.bytes.withLock { $0 } / slot }
      #expect(held() == 2)
      try loader.adjust(workers: 2, prefetchDepth: 7)
      #expect(held() == 8)
      loader.startEpoch(0)
      while let batch = try loader.nextBatch() {
        batch.release()
        if loader.telemetry.deliveredCount == 10 { try loader.adjust(workers: 2, prefetchDepth: 2) }
      }
      #expect(held() == 3)
    }
    #expect(memory.bytes.withLock { $0 } == 0)
  }

  @Test("a lent slot that is one too many is freed when it is returned")
  func lentSlots() throws {
    let memory = CountingMemory()
    let loader = try Loader(source: SyntheticSource(count: 40), settings: settings(depth: 3), slotMemory: memory)
    let slot = loader.plan.slotByteCount
    loader.startEpoch(0)
    guard let first = try loader.nextBatch(), let second = try loader.nextBatch(), let third = try loader.nextBatch()
    else { throw LoaderError.noImages }
    try loader.adjust(workers: 1, prefetchDepth: 1)
    #expect(memory.bytes.withLock { $0 } / slot >= 3)
    first.release()
    second.release()
    third.release()
    while let batch = try loader.nextBatch() { batch.release() }
    #expect(memory.bytes.withLock { $0 } / slot == 2)
  }

  @Test("what does not fit the budget is not made, and the plan says what is in force")
  func budgetHolds() throws {
    var small = settings(workers: 1, depth: 1)
    small.memoryBudget = 2 << 20
    let memory = CountingMemory()
    let loader = try Loader(source: SyntheticSource(count: 200), settings: small, slotMemory: memory)
    var random = CounterRandom(seed: 4, purpose: .order)
    loader.startEpoch(0)
    var most = 0
    while let batch = try loader.nextBatch() {
      let plan = try loader.adjust(
        workers: 1 + random.integer(below: 12), prefetchDepth: 1 + random.integer(below: 400))
      #expect(plan.byteCount <= 2 << 20)
      most = max(most, memory.bytes.withLock { $0 })
      batch.release()
    }
    #expect(most <= 2 << 20 && most > loader.plan.slotByteCount * 20)
  }

  @Test("a cancelled loader stays cancelled when it is adjusted")
  func adjustAfterCancel() throws {
    let loader = try Loader(source: SyntheticSource(count: 40), settings: settings())
    loader.startEpoch(0)
    loader.cancel()
    try loader.adjust(workers: 4, prefetchDepth: 6)
    #expect(throws: LoaderError.cancelled) { _ = try loader.nextBatch() == nil }
  }

  @Test("all ranks together deliver each image once, with the pixels it has alone", arguments: [2, 3])
  func ranksTogether(rankCount: Int) throws {
    func hashes(rank: Int, of rankCount: Int) throws -> [UInt64] {
      var settings = settings()
      settings.rank = rank
      settings.rankCount = rankCount
      let loader = try Loader(source: SyntheticSource(count: 35), settings: settings)
      loader.startEpoch(3)
      var hashes: [UInt64] = []
      var batchCount = 0
      while let batch = try loader.nextBatch() {
        hashes += batch.images.map(\.hash)
        batchCount += 1
        batch.release()
      }
      #expect(batchCount == loader.batchCount)
      return hashes
    }
    let alone = try hashes(rank: 0, of: 1)
    let shared = try (0..<rankCount).flatMap { try hashes(rank: $0, of: rankCount) }
    #expect(shared.count == 35 && shared.sorted() == alone.sorted())
  }
}
