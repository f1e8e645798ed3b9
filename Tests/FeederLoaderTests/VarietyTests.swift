import BoardSupport
import Dispatch
import FeederCache
import FeederCore
import FeederDatasets
import Foundation
import Synchronization
import Testing

@testable import FeederLoader

/// Uses a loader in random ways at the same time. The environment variable FEEDER_TEST_SEED chooses them, so that a run
/// under a sanitizer can be repeated. tools/sanitizers races counts it up.
@Suite("Whatever workers, depths, forms and interruptions, the stream is the one of a single worker")
struct VarietyTests {
  private static let seed = UInt64(ProcessInfo.processInfo.environment["FEEDER_TEST_SEED"] ?? "") ?? 0

  private func source(_ boards: TemporaryBoards, _ form: CacheChoice) throws -> any ImageSource {
    var options = SourceOptions(imageSize: 48)
    options.cache = form
    options.cacheFolder = boards.folder.path + "/cache"
    return try SourceOpener(try boards.dataset(), options).open(.train).source
  }

  private func settings(_ random: inout CounterRandom, seed: UInt64) -> LoaderSettings {
    LoaderSettings(
      batch: 3, imageSize: 48, mode: .training(AugmentationSettings()), seed: seed,
      workers: 1 + random.integer(below: 6), prefetchDepth: 1 + random.integer(below: 5))
  }

  /// The hash of each of four epochs, computed by one worker.
  private func expected(_ source: any ImageSource, seed: UInt64) throws -> [UInt64] {
    let loader = try Loader(
      source: source,
      settings: LoaderSettings(
        batch: 3, imageSize: 48, mode: .training(AugmentationSettings()), seed: seed, workers: 1, prefetchDepth: 1))
    return try (0..<4).map { epoch in
      loader.startEpoch(epoch)
      while let batch = try loader.nextBatch() { batch.release() }
      return loader.epochHash
    }
  }

  /// Runs one loader through four epochs: adjusts it, watches it from another thread, keeps slots in flight, announces
  /// epochs and breaks them off.
  private func run(_ source: any ImageSource, seed: UInt64, expected: [UInt64], case number: UInt64) throws {
    var random = CounterRandom(seed: number, purpose: .order)
    let trace = number % 2 == 0 ? Trace(capacity: 4096) : nil
    let loader = try Loader(source: source, settings: settings(&random, seed: seed), trace: trace)
    let isOver = Atomic(false)
    let watching = DispatchGroup()
    DispatchQueue(label: "watcher").async(group: watching) {
      while !isOver.load(ordering: .acquiring) {
        _ = (loader.telemetry, loader.plan, loader.heldBytes, loader.readyBatchCount, loader.quarantined)
        usleep(200)
      }
    }
    defer {
      isOver.store(true, ordering: .releasing)
      watching.wait()
    }
    for epoch in 0..<4 {
      if random.uniform() < 0.3 {
        loader.startEpoch(epoch)
        if let batch = try loader.nextBatch() { batch.release() }
      }
      loader.startEpoch(epoch)
      if epoch < 3, random.uniform() < 0.5 { loader.announceEpoch(epoch + 1) }
      while let batch = try loader.nextBatch() {
        if random.uniform() < 0.3 {
          try loader.adjust(workers: 1 + random.integer(below: 6), prefetchDepth: 1 + random.integer(below: 5))
        }
        guard random.uniform() < 0.5 else {
          batch.release()
          continue
        }
        let completion = HeldCompletion()
        batch.release(after: completion)
        DispatchQueue.global().async { completion.finish() }
      }
      #expect(loader.epochHash == expected[epoch], "case \(number), epoch \(epoch)")
    }
    loader.startEpoch(9)
    if let batch = try loader.nextBatch() { batch.release() }
    DispatchQueue.global().async(group: watching) { loader.cancel() }
  }

  @Test("Two loaders at a time over one source, in every cache form", arguments: [CacheChoice.none, .jpeg, .pixels])
  func everything(form: CacheChoice) throws {
    let boards = try TemporaryBoards(count: 20)
    let source = try source(boards, form)
    let hashes = try expected(source, seed: Self.seed)
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: 2) { number in
      do {
        try run(source, seed: Self.seed, expected: hashes, case: 2 * Self.seed + UInt64(number))
      } catch { failure.withLock { $0 = error } }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
