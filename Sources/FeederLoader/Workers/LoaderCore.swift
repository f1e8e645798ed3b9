import Dispatch
import FeederCache
import FeederCore
import FeederImaging
import Synchronization

/// The state that workers and consumer share: which worker fills which image of which batch, and what is ready.
///
/// Workers take (batch, image) items in the order of delivery and hold no lock while they decode. The one lock guards
/// `State`. Two semaphores wake exactly the waiting threads: `work` one worker per new item, `ready` the consumer.
final class LoaderCore: Sendable {
  private struct State {
    var batches = LoaderState()
    var crew = WorkerCrew()
    var consumerWaits = false
    var madeSlotCount = 0
    var plan: LoaderPlan
  }

  /// The next action of a worker.
  private enum Turn { case fill(WorkItem), rest, leave }

  let filler: any PlaceFiller
  let counters: Counters
  private let readAhead = ReadAhead()
  private let memory: any SlotMemory
  private let trace: Trace?
  private let batchSize: Int
  private let state: Mutex<State>
  private let work = DispatchSemaphore(value: 0)
  private let ready = DispatchSemaphore(value: 0)
  private let running = DispatchGroup()
  /// Waits for the device, one slot after the other in the order of their return.
  private let flights = DispatchQueue(label: "feeder.loader.flights")

  init(
    filler: any PlaceFiller, counters: Counters, plan: LoaderPlan, memory: some SlotMemory, batch: Int, trace: Trace?
  ) {
    self.trace = trace
    self.filler = filler
    self.counters = counters
    self.memory = memory
    batchSize = batch
    state = Mutex(State(plan: plan))
  }

  // MARK: - Workers

  /// One long-lived loop per serial queue, so each worker has its own thread.
  private func startWorker(_ number: Int) {
    DispatchQueue(label: "feeder.loader.worker.\(number)").async(group: running) { [self] in
      workUntilToldToLeave(number)
      settle { $0.crew.left() }
    }
  }

  private func workUntilToldToLeave(_ number: Int) {
    do {
      let scratch = try WorkerScratch()
      filler.reserve(scratch)
      while true {
        switch state.withLock({ Self.turn(&$0, number, trace) }) {
        case .fill(let item): fill(item, scratch, number)
        case .rest: work.wait()
        case .leave: return
        }
      }
    } catch {
      fail(error)
      // Without a scratch it can do nothing, and it may only leave if the crew shrinks.
      while true {
        let leaves = state.withLock { state in
          if state.crew.shouldLeave() { return true }
          state.crew.rest()
          return false
        }
        if leaves { return }
        work.wait()
      }
    }
  }

  private static func turn(_ state: inout State, _ number: Int, _ trace: Trace?) -> Turn {
    state.crew.end(number)
    if state.crew.shouldLeave() { return .leave }
    if let item = state.batches.takeItem() {
      // The first image of a batch is taken first. Outside of this lock another image might begin earlier.
      if item.image == 0, let trace { item.slot.times.filling = trace.now }
      state.crew.begin(number, item)
      return .fill(item)
    }
    state.crew.rest()
    return .rest
  }

  private func fill(_ item: WorkItem, _ scratch: WorkerScratch, _ worker: Int) {
    let start = trace?.now ?? 0
    do {
      let cost = try fill(item, scratch)
      if let trace {
        trace.note(
          .worker(worker), "fill", from: start, batch: item.batch, readNanoseconds: cost.readNanoseconds,
          cpuNanoseconds: cost.cpuNanoseconds)
      }
      finish(item, nil)
    } catch {
      finish(item, error)
    }
  }

  /// Fills one place, and notes the image's facts and cost. Throws what the filler throws.
  private func fill(_ item: WorkItem, _ scratch: WorkerScratch) throws -> ImageCost {
    scratch.clock.begin()
    item.slot.targets(of: item.image).removeAll()
    if let later = item.laterEntry, readAhead.isWorthwhile { filler.willNeed(later, in: item) }
    let place = item.slot.place(item.image, byteCount: filler.placeByteCount)
    let image = try filler.fill(item, place: place, scratch: scratch)
    item.slot.note(image, at: item.image)
    let spent = scratch.decode.takeTimes()
    readAhead.note(missed: spent.missedByteCount > 0)
    counters.add(spent)
    counters.filled.add(1)
    let cost = scratch.clock.end(readNanoseconds: spent.readNanoseconds)
    item.slot.note(cost, at: item.image)
    return cost
  }

  private func finish(_ item: WorkItem, _ error: (any Error)?) {
    let (outcome, wakesConsumer) = state.withLock { state in
      let outcome = state.batches.finish(item, error)
      if outcome == .batchIsReady, let trace { item.slot.times.ready = trace.now }
      return (outcome, outcome == .batchIsReady || outcome == .failed ? Self.takeWaiting(&state) : false)
    }
    if wakesConsumer { ready.signal() }
    if outcome == .slotIsFree { settle { _ in } }
  }

  /// Stops all work. The consumer gets `error` from its next call.
  private func fail(_ error: any Error) {
    let wakesConsumer = state.withLock { state in
      state.batches.failure = state.batches.failure ?? error
      return Self.takeWaiting(&state)
    }
    if wakesConsumer { ready.signal() }
  }

  private static func takeWaiting(_ state: inout State) -> Bool {
    defer { state.consumerWaits = false }
    return state.consumerWaits
  }

  // MARK: - Slots and workers by plan

  /// The present plan.
  var plan: LoaderPlan { state.withLock { $0.plan } }

  /// Bytes that are held now.
  var heldBytes: Int {
    state.withLock { $0.plan.byteCount(slots: $0.batches.slotCount, workers: $0.crew.count) }
  }

  /// Makes `plan` the present one. Additions wait until what is surplus is gone. Throws `LoaderError.outOfMemory` if
  /// memory for a slot is missing; the loader then continues with the slots that it has.
  func adopt(_ plan: LoaderPlan) throws {
    let failure = settle { state in
      state.plan = plan
      state.crew.wantedCount = state.batches.isCancelled ? 0 : plan.workers
      state.batches.wantedSlotCount = plan.prefetchDepth + 1
    }
    if let failure { throw failure }
  }

  /// Runs `change`, then restores the plan: drops surplus slots, makes missing slots and workers, gives free slots to
  /// batches and wakes threads that have work. Returns the error of a slot that could not be made.
  @discardableResult
  private func settle(_ change: (inout State) -> Void) -> (any Error)? {
    state.withLock { change(&$0) }
    while state.withLock({ $0.batches.takeSurplus() }) != nil {}
    var failure: (any Error)?
    while failure == nil, state.withLock({ Self.mayMakeSlot(&$0) }) { failure = makeSlot() }
    while let number = state.withLock({ Self.mayStartWorker(&$0) }) { startWorker(number) }
    let (wakes, wakesConsumer) = state.withLock { state in
      let items = state.batches.openBatches()
      let wakes = state.crew.wake(for: items) + state.crew.wakeToLeave()
      return (wakes, state.batches.readyCount > 0 ? Self.takeWaiting(&state) : false)
    }
    for _ in 0..<wakes { work.signal() }
    if wakesConsumer { ready.signal() }
    return failure
  }

  private static func mayMakeSlot(_ state: inout State) -> Bool {
    fits(state, slots: 1, workers: 0) && state.batches.reserveSlot()
  }

  private static func mayStartWorker(_ state: inout State) -> Int? {
    fits(state, slots: 0, workers: 1) ? state.crew.reserve() : nil
  }

  /// True if so many additional slots and workers stay within the budget.
  private static func fits(_ state: State, slots: Int, workers: Int) -> Bool {
    guard let budget = state.plan.budget else { return true }
    return state.plan.byteCount(slots: state.batches.slotCount + slots, workers: state.crew.count + workers) <= budget
  }

  private func makeSlot() -> (any Error)? {
    do {
      let number = state.withLock { state in
        state.madeSlotCount += 1
        return state.madeSlotCount - 1
      }
      let slot = try Slot(byteCount: plan.slotByteCount, imageCount: batchSize, memory: memory, number: number)
      state.withLock { $0.batches.add(slot) }
      return nil
    } catch {
      state.withLock { $0.batches.unreserve() }
      return error
    }
  }

  // MARK: - The consumer

  /// Announces `order`, the epoch after the present one.
  func announce(_ order: EpochOrder) { settle { $0.batches.announce(order) } }

  /// Begins the announced epoch if it is the requested one. False if not; then call `start`.
  func startAnnounced(epoch: Int, mosaicIsOpen: Bool, hash: UInt64) -> Bool {
    var isStarted = false
    settle { isStarted = $0.batches.startAnnounced(epoch: epoch, mosaicIsOpen: mosaicIsOpen, hash: hash) }
    return isStarted
  }

  /// Drops all unfinished work and begins `order` at batch `firstBatch`.
  func start(_ order: EpochOrder, firstBatch: Int, hash: UInt64) {
    settle { $0.batches.start(order, firstBatch: firstBatch, hash: hash) }
  }

  /// The next batch; blocks until it is ready. Nil at the end of the epoch. Throws as `Loader.nextBatch`.
  func next() throws -> ReadyBatch? {
    let watch = Stopwatch()
    let asked = trace?.now ?? 0
    defer { counters.stall.add(watch.nanoseconds) }
    while true {
      let found = try state.withLock { state in
        let found = try state.batches.takeReady()
        if case .notYet(let isFilling) = found {
          // Nothing is ready or in work, so only slots that the caller holds could help.
          if !isFilling, state.batches.everySlotIsLent { throw LoaderError.everySlotLent(state.batches.slotCount) }
          state.consumerWaits = true
        }
        return found
      }
      switch found {
      case .batch(let batch):
        batch.slot.collectTargets(batch.imageCount)
        counters.delivered.add(1)
        if let trace { noteLent(batch, askedAt: asked, trace) }
        return batch
      case .endOfEpoch: return nil
      case .notYet: ready.wait()
      }
    }
  }

  private func noteLent(_ batch: ReadyBatch, askedAt asked: Int, _ trace: Trace) {
    let now = trace.now
    trace.note(.consumer, "wait", from: asked, to: now, batch: batch.index)
    if batch.imageCount > 0 {
      let times = batch.slot.times
      trace.note(.slot(batch.slot.number), "filling", from: times.filling, to: times.ready, batch: batch.index)
      trace.note(.slot(batch.slot.number), "ready", from: times.ready, to: now, batch: batch.index)
    }
    batch.slot.times.lent = now
  }

  /// Takes a lent slot back and reuses it: at once, or when the device has read it.
  func takeBack(_ slot: Slot) {
    if let trace { trace.note(.slot(slot.number), "lent", from: slot.times.lent) }
    guard let completion = slot.completion else {
      settle { $0.batches.takeBack(slot) }
      return
    }
    slot.completion = nil
    state.withLock { $0.batches.sendOff(slot) }
    flights.async(group: running) { [self] in
      do {
        try completion.wait()
      } catch {
        fail(error)
      }
      settle { $0.batches.land(slot) }
    }
  }

  /// The hash of all batches delivered in this epoch.
  var epochHash: UInt64 { state.withLock { $0.batches.epochHash } }

  /// The state of every slot and worker, one line each. Any thread may ask.
  var lines: [String] {
    let state = state.withLock { $0 }
    return state.batches.lines + state.crew.lines(filler.name)
  }

  /// Batches that are ready for the consumer.
  var readyCount: Int { state.withLock { $0.batches.readyCount } }

  /// Stops all workers after their present image and waits for them. Any thread may call it, and again.
  func cancel() {
    let (wakes, wakesConsumer) = state.withLock { state in
      state.batches.isCancelled = true
      state.crew.wantedCount = 0
      return (state.crew.wakeToLeave(), Self.takeWaiting(&state))
    }
    for _ in 0..<wakes { work.signal() }
    if wakesConsumer { ready.signal() }
    running.wait()
  }
}
