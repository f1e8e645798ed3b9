import Dispatch
import FeederCache
import FeederCore
import FeederImaging
import Synchronization

/// Images of a cache at their native size, batch after batch without end: what `feeder bench decode` and `cached` measure.
///
/// Works as `Loader` does: long-lived workers take images in order of delivery and write each to its place in a slot,
/// a bounded number of slots runs ahead, batches come out whole and in order. It leaves out what belongs to a training stream:
/// augmentation, targets and hashes. JPEG records become H x W x C, pixel records C x H x W. Images may differ in size: every
/// place is as large as the largest image, so equal sizes make the slot one N x H x W x C (or N x C x H x W) block.
package final class NativeBatches: Sendable {
  /// Which images, in which order, how many at once, on how many threads.
  package struct Settings: Sendable {
    /// Entries in order of delivery, each with a `nativeSize`; starts over at its end.
    package var order: [Int]
    /// Images a batch; every batch is full.
    package var batch: Int
    /// Threads that decode or copy.
    package var workers: Int
    /// Batches ready or in work beside the one the consumer holds.
    package var prefetchDepth: Int

    /// Settings by their fields.
    package init(order: [Int], batch: Int, workers: Int, prefetchDepth: Int) {
      self.order = order
      self.batch = batch
      self.workers = workers
      self.prefetchDepth = prefetchDepth
    }

    /// Lowers the prefetch depth until the slots fit `budget` bytes. Throws `LoaderError.budgetTooSmall` where even two do not.
    package mutating func fit(_ cache: ImageCache, budget: Int) throws {
      let slot = NativeBatches.slotByteCount(cache, self)
      guard 2 * slot <= budget else { throw LoaderError.budgetTooSmall(budget: budget, minimum: 2 * slot) }
      if slot > 0 { prefetchDepth = min(prefetchDepth, budget / slot - 1) }
    }
  }

  private let core: NativeCore

  /// Allocates the slots and starts. Throws `LoaderError` for an empty order or missing memory.
  package init(_ cache: ImageCache, _ settings: Settings) throws {
    guard !settings.order.isEmpty else { throw LoaderError.noImages }
    core = try NativeCore(cache, settings)
    core.startWorkers()
  }

  deinit { core.cancel() }

  /// Bytes of a slot: batch x the largest image of `order`.
  package static func slotByteCount(_ cache: ImageCache, _ settings: Settings) -> Int {
    let places = settings.order.lazy.compactMap { cache.nativeSize($0) }.map { $0.width * $0.height * cache.channels }
    return (places.max() ?? 0) * settings.batch
  }

  /// All of 0 ..< count once, shuffled as a training epoch is.
  package static func shuffled(count: Int, seed: UInt64) -> [Int] {
    EpochOrder.permutation(count: count, seed: seed, epoch: 0).map(Int.init)
  }

  /// The next batch; blocks until it is whole.
  ///
  /// Throws what a worker threw, `LoaderError.cancelled` after `cancel()`, and `.everySlotLent` where the caller holds them all.
  package func next() throws -> NativeBatch {
    let (number, slot) = try core.next()
    return NativeBatch(number: number, slot: slot, core: core)
  }

  /// Damaged images met until now: each is plain 114 in its place.
  package var damagedCount: Int { core.damagedCount.load(ordering: .relaxed) }

  /// Ends it for good and joins the workers.
  package func cancel() { core.cancel() }
}

/// A whole batch on loan: its slot goes back when the value goes out of scope.
package struct NativeBatch: ~Copyable, Sendable {
  /// Counted from 0.
  package let number: Int
  let slot: Int
  let core: NativeCore

  deinit { core.takeBack(slot) }

  /// Images in the batch.
  package var imageCount: Int { core.settings.batch }

  /// The entry at a place, its size, and its pixels, valid until the batch is released.
  package func image(_ place: Int) -> (entry: Int, size: PixelSize, pixels: UnsafeRawBufferPointer) {
    let entry = core.entry(at: number * core.settings.batch + place)
    let (size, bytes) = core.place(place, of: slot, entry: entry)
    return (entry, size, UnsafeRawBufferPointer(bytes))
  }

  /// Gives the slot back.
  package consuming func release() {}
}

/// What the workers and the consumer of `NativeBatches` share. Safe from any thread.
final class NativeCore: Sendable {
  let settings: NativeBatches.Settings
  let damagedCount = Atomic(0)
  private let cache: ImageCache
  private let slots: SlotBlock
  private let placeByteCount: Int
  private let state: Mutex<NativeState>
  private let work = DispatchSemaphore(value: 0)
  private let ready = DispatchSemaphore(value: 0)
  private let running = DispatchGroup()

  init(_ cache: ImageCache, _ settings: NativeBatches.Settings) throws {
    self.cache = cache
    self.settings = settings
    let slotByteCount = NativeBatches.slotByteCount(cache, settings)
    placeByteCount = slotByteCount / settings.batch
    slots = try SlotBlock(count: settings.prefetchDepth + 1, byteCount: slotByteCount)
    state = Mutex(NativeState(slotCount: settings.prefetchDepth + 1, batch: settings.batch))
  }

  func entry(at position: Int) -> Int { settings.order[position % settings.order.count] }

  /// The bytes of one image in a slot.
  func place(_ place: Int, of slot: Int, entry: Int) -> (size: PixelSize, bytes: UnsafeMutableRawBufferPointer) {
    guard let size = cache.nativeSize(entry) else { preconditionFailure("the order holds images of known size only") }
    let start = place * placeByteCount
    let end = start + size.width * size.height * cache.channels
    return (size, UnsafeMutableRawBufferPointer(rebasing: slots[slot][start..<end]))
  }

  /// Starts the workers: one long-lived loop a serial queue, so that each has a thread of its own.
  func startWorkers() {
    for number in 0..<settings.workers {
      DispatchQueue(label: "feeder.native.worker.\(number)").async(group: running) { [self] in workerLoop() }
    }
    openBatches()
  }

  private func workerLoop() {
    do {
      let scratch = try NativeScratch()
      while true {
        work.wait()
        guard let position = state.withLock({ $0.takePosition() }) else { return }
        try fill(position, scratch)
        if state.withLock({ $0.finish(position) }) { ready.signal() }
      }
    } catch {
      state.withLock { $0.failure = $0.failure ?? error }
      ready.signal()
    }
  }

  private func fill(_ position: Int, _ scratch: NativeScratch) throws {
    let entry = entry(at: position)
    let slot = position / settings.batch % slots.count
    let (_, bytes) = place(position % settings.batch, of: slot, entry: entry)
    do {
      try cache.writeNative(entry, scratch: scratch, into: bytes)
    } catch CacheError.damagedImage {
      bytes.initializeMemory(as: UInt8.self, repeating: padValue)
      damagedCount.add(1, ordering: .relaxed)
    }
  }

  private func openBatches() {
    let newItems = state.withLock { $0.openBatches() }
    for _ in 0..<newItems { work.signal() }
  }

  func next() throws -> (number: Int, slot: Int) {
    while true {
      if let found = try state.withLock({ try $0.takeReady() }) { return found }
      ready.wait()
    }
  }

  func takeBack(_ slot: Int) {
    state.withLock { $0.free(slot) }
    openBatches()
  }

  func cancel() {
    state.withLock { $0.isCancelled = true }
    for _ in 0..<settings.workers { work.signal() }
    ready.signal()
    running.wait()
  }
}
