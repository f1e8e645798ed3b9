import BoardSupport
import FeederCache
import FeederCore
import Foundation
import Testing

@testable import FeederLoader

@Suite("An announced epoch is filled ahead, and its stream is the one it would have been")
struct AnnouncedEpochTests {
  private func loader(workers: Int, depth: Int, count: Int = 22) throws -> Loader {
    try Loader(
      source: SyntheticSource(count: count),
      settings: LoaderSettings(
        batch: 4, imageSize: 32, mode: .training(AugmentationSettings()), workers: workers, prefetchDepth: depth))
  }

  /// The hash of an epoch, over all or some of its batches.
  private func hash(_ loader: Loader, batches: Int = .max) throws -> UInt64 {
    var (hash, taken) = (UInt64(0), 0)
    while taken < batches, let batch = try loader.nextBatch() {
      hash = batch.epochHash
      taken += 1
      batch.release()
    }
    return hash
  }

  @Test("every epoch has the hash of a loader that fills nothing ahead", arguments: [1, 4], [1, 3, 20])
  func stream(workers: Int, depth: Int) throws {
    let (plain, ahead) = (try loader(workers: 1, depth: 1), try loader(workers: workers, depth: depth))
    for epoch in 0..<6 {
      plain.startEpoch(epoch, closeMosaic: epoch >= 4)
      let isAhead = ahead.startEpoch(epoch, closeMosaic: epoch >= 4)
      #expect(isAhead == (epoch > 0))
      ahead.announceEpoch(epoch + 1, closeMosaic: epoch + 1 >= 4)
      #expect(try hash(ahead) == hash(plain), "epoch \(epoch)")
    }
  }

  @Test("at the end of an epoch the next one's batches come ready before it begins")
  func ready() throws {
    let loader = try loader(workers: 2, depth: 3)
    loader.startEpoch(0)
    loader.announceEpoch(1)
    _ = try hash(loader)
    let deadline = ContinuousClock.now + .seconds(30)
    while loader.readyBatchCount < 4, ContinuousClock.now < deadline { sched_yield() }
    #expect(loader.readyBatchCount == 4)
    #expect(try loader.nextBatch() == nil, "the epoch is over until the next one is begun")
    #expect(loader.startEpoch(1))
    #expect(loader.readyBatchCount == 4)
  }

  @Test("what was announced and is not asked for is dropped: another epoch, another mosaic, in the middle, resumed")
  func mismatch() throws {
    for (epoch, closes, taken, first) in [
      (7, false, Int.max, 0), (1, true, .max, 0), (1, false, 2, 0), (1, false, .max, 3),
    ] {
      let (plain, ahead) = (try loader(workers: 2, depth: 1), try loader(workers: 2, depth: 8))
      ahead.startEpoch(0)
      ahead.announceEpoch(1)
      ahead.announceEpoch(5)
      _ = try hash(ahead, batches: taken)
      #expect(!ahead.startEpoch(epoch, closeMosaic: closes, firstBatch: first))
      plain.startEpoch(epoch, closeMosaic: closes, firstBatch: first)
      #expect(try hash(ahead) == hash(plain))
      // And it continues as if nothing had happened.
      ahead.announceEpoch(epoch + 1)
      #expect(ahead.startEpoch(epoch + 1))
      plain.startEpoch(epoch + 1)
      #expect(try hash(ahead) == hash(plain))
    }
  }
}
