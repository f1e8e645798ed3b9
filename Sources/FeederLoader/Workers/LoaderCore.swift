import Dispatch
import FeederCache
import FeederCore
import FeederImaging
import Synchronization

/// What the workers and the consumer share: who fills which image of which batch, and what is ready.
///
/// Workers take (batch, image) items in the order of delivery and hold no lock while they decode. The one lock guards
/// `State`; the two semaphores wake exactly those that wait: `work` one worker for each new item, `ready` the consumer.
final class LoaderCore: Sendable {
  private struct State {
    var batches = LoaderState()
    var crew = WorkerCrew()
    var consumerWaits = false
    var madeSlotCount = 0
    var plan: LoaderPlan
  }

  /// What a worker does next.
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
  /// Waits for the device, slot by slot in the order they were given back.
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

  /// One long-lived loop a serial queue, so that each worker has a thread of its own.
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
      // It can do nothing, and may only leave when told to.
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
      // The first image of a batch is taken first; out of this lock another might begin before.
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

  /// Fills one place, and notes what lies there and what it cost.
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

  /// Stops handing out work; the consumer learns of `error` at its next look.
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

  /// The plan in force.
  var plan: LoaderPlan { state.withLock { $0.plan } }

  /// Bytes that exist now.
  var heldBytes: Int {
    state.withLock { $0.plan.byteCount(slots: $0.batches.slotCount, workers: $0.crew.count) }
  }

  /// Makes `plan` the one in force. What it wants more waits until what it wants less is gone. Throws where memory for a slot is missing;
  /// the loader then goes on with those it has.
  func adopt(_ plan: LoaderPlan) throws {
    let failure = settle { state in
      state.plan = plan
      state.crew.wantedCount = state.batches.isCancelled ? 0 : plan.workers
      state.batches.wantedSlotCount = plan.prefetchDepth + 1
    }
    if let failure { throw failure }
  }

  /// After `change`, which frees or wants something: drops what is too many, makes what is missing, gives free slots to
  /// batches and wakes who has work.
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

  /// True where that many more than exist now stay within the budget.
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

  /// Fills ahead into `order`, which comes after the present epoch.
  func announce(_ order: EpochOrder) { settle { $0.batches.announce(order) } }

  /// Begins the announced epoch where it is this one; false where it is not, and `start` must follow.
  func startAnnounced(epoch: Int, mosaicIsOpen: Bool, hash: UInt64) -> Bool {
    var isStarted = false
    settle { isStarted = $0.batches.startAnnounced(epoch: epoch, mosaicIsOpen: mosaicIsOpen, hash: hash) }
    return isStarted
  }

  /// Abandons what is in work and begins `order` at batch `firstBatch`.
  func start(_ order: EpochOrder, firstBatch: Int, hash: UInt64) {
    settle { $0.batches.start(order, firstBatch: firstBatch, hash: hash) }
  }

  /// Blocks for the next batch; nil at the end of the epoch.
  func next() throws -> ReadyBatch? {
    let watch = Stopwatch()
    let asked = trace?.now ?? 0
    defer { counters.stall.add(watch.nanoseconds) }
    while true {
      let found = try state.withLock { state in
        let found = try state.batches.takeReady()
        if case .notYet(let isFilling) = found {
          // Nothing in work and nothing ready: then only slots that the caller itself holds could help.
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

  /// Takes a lent slot back and puts it to work again: at once, or when the device has read it.
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

  /// Every slot and worker in words; may be asked from any thread.
  var lines: [String] {
    let state = state.withLock { $0 }
    return state.batches.lines + state.crew.lines(filler.name)
  }

  /// Batches that lie ready for the consumer now.
  var readyCount: Int { state.withLock { $0.batches.readyCount } }

  /// Stops all workers and waits for them; each ends the image it is at. Safe to call again and from any other thread.
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
