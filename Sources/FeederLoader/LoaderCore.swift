import Dispatch
import FeederCache
import FeederImaging
import Synchronization

/// What the workers and the consumer share: who fills which image of which batch, and what is ready.
///
/// Workers take (batch, image) items in the order of delivery and hold no lock while they decode. The one lock guards
/// `State`; the two semaphores only wake: `work` once for each new item, `ready` once for each finished batch or failure.
/// A wake without news is harmless, since everyone looks at the state again.
final class LoaderCore: Sendable {
  let filler: BatchFiller
  let ring: SlotRing
  let counters: Counters
  private let settings: LoaderSettings
  private let imageCount: Int
  private let state = Mutex(LoaderState())
  private let work = DispatchSemaphore(value: 0)
  private let ready = DispatchSemaphore(value: 0)
  private let running = DispatchGroup()
  private let workerCount: Int

  init(filler: BatchFiller, ring: SlotRing, counters: Counters, imageCount: Int, settings: LoaderSettings) {
    self.filler = filler
    self.ring = ring
    self.counters = counters
    self.settings = settings
    self.imageCount = imageCount
    workerCount = settings.workers
  }

  /// Starts the workers: one long-lived loop a serial queue, so that each has a thread of its own.
  func startWorkers() {
    for number in 0..<workerCount {
      DispatchQueue(label: "feeder.loader.worker.\(number)").async(group: running) { [self] in workerLoop() }
    }
  }

  private func workerLoop() {
    let scratch: WorkerScratch
    do {
      scratch = try WorkerScratch()
    } catch {
      return fail(error)
    }
    while true {
      work.wait()
      let (item, isCancelled) = state.withLock { ($0.takeItem(), $0.isCancelled) }
      if isCancelled { return }
      if let item { fill(item, scratch) }
    }
  }

  private func fill(_ item: WorkItem, _ scratch: WorkerScratch) {
    do {
      let image = try filler.fill(
        item, into: ring.bytes(of: item.slot), scratch: scratch)
      finish(item, .success(image))
    } catch {
      finish(item, .failure(error))
    }
  }

  private func finish(_ item: WorkItem, _ result: Result<FilledImage, any Error>) {
    let outcome = state.withLock { state in
      let outcome = state.finish(item, result)
      if outcome == .batchIsReady { ring.move(item.slot, from: .filling, to: .ready) }
      if outcome == .slotIsFree { ring.move(item.slot, from: .filling, to: .free) }
      return outcome
    }
    switch outcome {
    case .goesOn: break
    case .batchIsReady, .failed: ready.signal()
    case .slotIsFree: openBatches()
    }
  }

  /// Stops handing out work; the consumer learns of `error` at its next look.
  private func fail(_ error: any Error) {
    state.withLock { $0.failure = $0.failure ?? error }
    ready.signal()
  }

  /// Gives free slots to the next batches of the epoch.
  private func openBatches() {
    let newItems = state.withLock { state in
      var count = 0
      while state.wantsBatch, let slot = ring.takeFree() { count += state.openBatch(slot: slot) }
      return count
    }
    for _ in 0..<newItems { work.signal() }
  }

  /// Abandons what is in work and begins `order` at batch `firstBatch`.
  func start(_ order: EpochOrder, firstBatch: Int, hash: UInt64) {
    state.withLock { state in
      let (filling, ready) = state.start(order, firstBatch: firstBatch, hash: hash)
      for slot in filling { ring.move(slot, from: .filling, to: .free) }
      for slot in ready { ring.move(slot, from: .ready, to: .free) }
    }
    openBatches()
  }

  /// Blocks for the next batch; nil at the end of the epoch.
  func next() throws -> ReadyBatch? {
    let start = ContinuousClock.now
    defer { counters.stall.add(nanoseconds(since: start), ordering: .relaxed) }
    while true {
      let found = try state.withLock { state in
        let found = try state.takeReady()
        if case .batch(let batch) = found { ring.move(batch.slot, from: .ready, to: .lent) }
        return found
      }
      switch found {
      case .batch(let batch):
        counters.delivered.add(1, ordering: .relaxed)
        return batch
      case .endOfEpoch: return nil
      case .notYet(let isFilling):
        // Nothing in work and nothing ready: then only slots that the caller itself holds could help.
        if !isFilling, ring.lentCount == ring.count { throw LoaderError.everySlotLent(ring.count) }
        ready.wait()
      }
    }
  }

  /// Takes a lent slot back and puts it to work again.
  func takeBack(_ slot: Int) {
    ring.move(slot, from: .lent, to: .free)
    openBatches()
  }

  /// The hash of all batches delivered in this epoch.
  var epochHash: UInt64 { state.withLock { $0.epochHash } }

  /// Stops all workers and waits for them; each ends the image it is at. Safe to call again and from any other thread.
  func cancel() {
    state.withLock { $0.isCancelled = true }
    for _ in 0..<workerCount { work.signal() }
    ready.signal()
    running.wait()
  }
}
