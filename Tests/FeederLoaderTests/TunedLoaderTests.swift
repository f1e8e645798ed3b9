import Foundation
import BoardSupport
import FeederCache
import FeederCore
import Testing

@testable import FeederLoader

@Suite("A loader under its tuner delivers the loader's stream, within the loader's budget")
struct TunedLoaderTests {
  private func settings(workers: Int, depth: Int, budget: Int? = nil) -> LoaderSettings {
    LoaderSettings(
      batch: 4, imageSize: 32, mode: .training(AugmentationSettings()), workers: workers, prefetchDepth: depth,
      memoryBudget: budget)
  }

  /// The hash of some epochs. `work` runs while each batch is held.
  private func hash(_ tuned: TunedLoader, epochs: Int, work: () -> Void = {}) throws -> UInt64 {
    var hash: UInt64 = 0
    for epoch in 0..<epochs {
      tuned.startEpoch(epoch, hashSoFar: hash)
      while let batch = try tuned.nextBatch() {
        work()
        hash = batch.epochHash
        batch.release()
      }
    }
    return hash
  }

  @Test("the stream is the same with the tuner on and off, whatever it decides")
  func stream() throws {
    let source = SyntheticSource(count: 150)
    let plain = TunedLoader(
      try Loader(source: source, settings: settings(workers: 2, depth: 3)), workers: 2...2, prefetchDepth: 3...3)
    let tuned = TunedLoader(try Loader(source: source, settings: settings(workers: 4, depth: 20)), workers: 1...4)
    var changes: [TunedLoader.Change] = []
    tuned.onChange = { changes.append($0) }
    let expected = try hash(plain, epochs: 6)
    let seen = try hash(tuned, epochs: 6)
    #expect(seen == expected)
    #expect(plain.latest == nil, "both numbers are pinned: nothing is measured")
    #expect(tuned.latest != nil)
    for change in changes { #expect(change.line.contains("because") && change.decision.isChange) }
  }

  @Test("pinned numbers stay, and a budget is never passed")
  func limits() throws {
    let source = SyntheticSource(count: 150)
    let plan = try Loader.plan(source, settings(workers: 1, depth: 1))
    let budget = plan.minimum + 3 * plan.slotCost + plan.workerCost
    let tuned = TunedLoader(
      try Loader(source: source, settings: settings(workers: 2, depth: 30, budget: budget)), workers: 2...2)
    var most = 0
    _ = try hash(tuned, epochs: 6) { most = max(most, tuned.loader.heldBytes) }
    #expect(most <= budget && most > plan.minimum)
    #expect(tuned.loader.plan.workers == 2)
    #expect(tuned.latest != nil)
  }

  @Test("every image says what it cost its worker: no more reading than time")
  func costs() throws {
    let loader = try Loader(source: SyntheticSource(count: 8), settings: settings(workers: 2, depth: 1))
    loader.startEpoch(0)
    guard let batch = try loader.nextBatch() else { throw LoaderError.noImages }
    let costs = Array(batch.slot.costs(batch.imageCount))
    batch.release()
    #expect(costs.count == 4)
    for cost in costs {
      #expect(cost.wallNanoseconds > 0 && cost.cpuNanoseconds >= 0)
      #expect(cost.readNanoseconds >= 0 && cost.readNanoseconds <= cost.wallNanoseconds)
    }
  }

  @Test("a worker's processor time is asked once a millisecond at most, and none of it is lost")
  func clock() {
    let (clock, wall, cpu) = (WorkerClock(), Stopwatch(), Stopwatch(CLOCK_THREAD_CPUTIME_ID))
    var (told, askedCount) = (0, 0)
    for _ in 0..<2000 {
      clock.begin()
      let image = Stopwatch()
      while image.nanoseconds < 50_000 {}
      let cost = clock.end(readNanoseconds: 0)
      #expect(cost.wallNanoseconds >= 50_000)
      told += cost.cpuNanoseconds
      if cost.cpuNanoseconds > 0 { askedCount += 1 }
    }
    #expect((1...wall.nanoseconds / 1_000_000).contains(askedCount))
    let spent = cpu.nanoseconds
    #expect(told <= spent && told > spent - 20_000_000, "\(told) of \(spent) ns")
  }
}
