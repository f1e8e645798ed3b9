import BoardSupport
import Dispatch
import FeederCache
import FeederCore
import FeederImaging
import Synchronization
import Testing

@testable import FeederLoader

/// Grey images made on the fly. Preparing one may wait at a gate or throw.
final class SyntheticSource: ImageSource {
  struct Broken: Error, Equatable { let index: Int }

  let count: Int
  let channels = 1
  let largestWidth = 32
  let scratchByteCount = 0
  private let failing: Int?
  private let gateFrom: Int
  let gate = DispatchSemaphore(value: 0)
  let arrived = DispatchSemaphore(value: 0)

  /// Entry `failing` throws. Entries from `gateFrom` on signal `arrived` and then wait for one signal of `gate`.
  init(count: Int, failing: Int? = nil, gateFrom: Int = .max) {
    self.count = count
    self.failing = failing
    self.gateFrom = gateFrom
  }

  func item(_ index: Int) -> SourceItem {
    SourceItem(
      imageID: "image\(index)", size: PixelSize(side: 32),
      labels: [Label(classID: index, centerX: 0.5, centerY: 0.5, width: 0.5, height: 0.5)])
  }

  func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    if index == failing { throw Broken(index: index) }
    if index >= gateFrom {
      arrived.signal()
      gate.wait()
    }
    return scratch.copy(Pixels(size: PixelSize(side: 32), channels: 1, value: UInt8(truncatingIfNeeded: index)))
  }
}

/// Host memory that counts the bytes in use.
final class CountingMemory: SlotMemory {
  let bytes = Mutex(0)

  func allocate(byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
    let memory = try HostSlotMemory().allocate(byteCount: byteCount)
    bytes.withLock { $0 += byteCount }
    return memory
  }

  func free(_ memory: UnsafeMutableRawBufferPointer) {
    bytes.withLock { $0 -= memory.count }
    HostSlotMemory().free(memory)
  }
}

@Suite("A loader starts, fails, is cancelled and ends cleanly")
struct LoaderLifeTests {
  private func settings(batch: Int = 2, workers: Int = 2, depth: Int = 2) -> LoaderSettings {
    LoaderSettings(batch: batch, imageSize: 32, mode: .validation, workers: workers, prefetchDepth: depth)
  }

  @Test("batches come in order with their own pixels and targets, the last one partial")
  func ordered() throws {
    let loader = try Loader(source: SyntheticSource(count: 7), settings: settings(workers: 3, depth: 3))
    #expect(loader.batchCount == 4)
    loader.startEpoch(0)
    var seen: [Int] = []
    while let batch = try loader.nextBatch() {
      #expect(batch.pixels.count == batch.imageCount * 32 * 32)
      for image in 0..<batch.imageCount {
        #expect(
          batch.pixels[image * 1024..<(image + 1) * 1024].allSatisfy { Int($0) == batch.images[image].entryIndex })
        #expect(batch.targets[image].imageIndex == image)
        #expect(batch.targets[image].classID == batch.images[image].entryIndex)
      }
      seen += batch.images.map(\.entryIndex)
      batch.release()
    }
    #expect(seen == Array(0..<7))
    #expect(try loader.nextBatch() == nil)
    #expect(loader.telemetry.filledCount == 7 && loader.telemetry.deliveredCount == 4)
  }

  @Test("nextBatch throws a worker's error at the latest in the place of its batch", arguments: [1, 4])
  func errorsArrive(workers: Int) throws {
    let loader = try Loader(source: SyntheticSource(count: 40, failing: 9), settings: settings(workers: workers))
    loader.startEpoch(0)
    var delivered = 0
    #expect(throws: SyntheticSource.Broken(index: 9)) {
      while let batch = try loader.nextBatch() {
        delivered += 1
        batch.release()
      }
    }
    #expect(delivered <= 4)
    #expect(throws: SyntheticSource.Broken(index: 9)) { _ = try loader.nextBatch() == nil }
  }

  @Test("cancelling wakes a waiting consumer, joins the workers and frees every byte")
  func cancellation() throws {
    let memory = CountingMemory()
    let source = SyntheticSource(count: 20, gateFrom: 4)
    var loader: Loader? = try Loader(source: source, settings: settings(), slotMemory: memory)
    loader?.startEpoch(0)
    for _ in 0..<2 { if let batch = try loader?.nextBatch() { batch.release() } }
    for _ in 0..<2 { source.arrived.wait() }  // both workers wait in the third batch
    let result = Mutex<(any Error)?>(nil)
    let consumer = DispatchGroup()
    DispatchQueue(label: "consumer").async(group: consumer) { [loader] in
      do { _ = try loader?.nextBatch() == nil } catch { result.withLock { $0 = error } }
    }
    let canceller = DispatchGroup()
    DispatchQueue(label: "canceller").async(group: canceller) { [loader] in loader?.cancel() }
    consumer.wait()  // does not wait for the workers
    #expect(result.withLock { $0 as? LoaderError } == .cancelled)
    for _ in 0..<2 { source.gate.signal() }
    canceller.wait()
    #expect(throws: LoaderError.cancelled) { _ = try loader?.nextBatch() == nil }
    loader?.cancel()
    #expect(memory.bytes.withLock { $0 } > 0)
    loader = nil
    #expect(memory.bytes.withLock { $0 } == 0)
  }

  @Test("a loader that ends in the middle of an epoch leaves no memory and no worker behind")
  func endOfLife() throws {
    let memory = CountingMemory()
    for round in 0..<20 {
      let loader = try Loader(
        source: SyntheticSource(count: 50), settings: settings(workers: 3, depth: 4), slotMemory: memory)
      #expect(memory.bytes.withLock { $0 } <= loader.plannedBytes)
      loader.startEpoch(round)
      for _ in 0..<(round % 5) { if let batch = try loader.nextBatch() { batch.release() } }
    }
    #expect(memory.bytes.withLock { $0 } == 0)
  }

  @Test("a batch outlives its loader, and its memory goes with it")
  func batchOutlivesLoader() throws {
    let memory = CountingMemory()
    do {
      var loader: Loader? = try Loader(source: SyntheticSource(count: 8), settings: settings(), slotMemory: memory)
      loader?.startEpoch(0)
      guard let batch = try loader?.nextBatch() else { throw LoaderError.noImages }
      loader = nil
      #expect(batch.pixels[1024] == 1)
      #expect(memory.bytes.withLock { $0 } > 0)
      batch.release()
    }
    #expect(memory.bytes.withLock { $0 } == 0)
  }

  @Test("an epoch that is left in the middle does not leak into the next")
  func abandonedEpoch() throws {
    let boards = try TemporaryBoards(count: 15)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 32)
    var settings = settings(batch: 2, workers: 3, depth: 3)
    settings.mode = .training(AugmentationSettings())
    let loader = try Loader(source: source, settings: settings)
    func hash(_ epoch: Int) throws -> UInt64 {
      loader.startEpoch(epoch)
      while let batch = try loader.nextBatch() { batch.release() }
      return loader.epochHash
    }
    let expected = try hash(1)
    for taken in 0..<6 {
      loader.startEpoch(0)
      for _ in 0..<taken { if let batch = try loader.nextBatch() { batch.release() } }
      #expect(try hash(1) == expected)
    }
  }

  @Test("a consumer that holds every slot gets an error instead of waiting for ever")
  func everySlotLent() throws {
    let loader = try Loader(source: SyntheticSource(count: 20), settings: settings(depth: 1))
    loader.startEpoch(0)
    guard let first = try loader.nextBatch(), let second = try loader.nextBatch() else { throw LoaderError.noImages }
    #expect(throws: LoaderError.everySlotLent(2)) { _ = try loader.nextBatch() == nil }
    first.release()
    guard let third = try loader.nextBatch() else { throw LoaderError.noImages }
    #expect(third.index == 2 && second.pixels[0] == 2)
  }
}
