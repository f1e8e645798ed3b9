import FeederTuning

/// A loader, its machine and its consumer on a virtual clock: a discrete-event simulation, exact and the same for every
/// run with the same seed.
///
/// It models Feeder's loader: identical workers take the next image in order, read it (the storage serves one read
/// after the other) and work on it (they share the cores evenly). There are depth + 1 slots, delivered in order. The
/// consumer takes a batch, sleeps for its step, returns the slot, and asks for the next.
struct Simulation<Chosen: Policy> {
  private enum Work { case idle, latency, queued, reading, computing, retired }

  private struct Worker {
    var work = Work.idle
    var image = 0
    var until = 0.0  // latency: clock time at its end; computing: progress of the shared cores at its end
    var begun = 0.0  // clock time at which the image was begun
    var stageBegun = 0.0
    var decodeSeconds = 0.0
    var augmentSeconds = 0.0
  }

  private let scenario: Scenario
  private let trace: CostTrace
  private let first: Int
  private let end: Int
  private let fixed: Conditions?
  private var conditions: Conditions
  private(set) var policy: Chosen
  private(set) var run = SimulatedRun()

  private var now = 0.0
  private var workers: [Worker]
  private var setting: TuningSetting
  private var nextImage: Int
  private var openedBatch: Int  // batches with a lower index have a slot
  private var releasedBatch: Int
  private var unfinished: [Int]
  private var costs: [TuningStep]
  private var queue: [Int] = []
  private var queueHead = 0
  private var storage: (worker: Int, until: Double)?
  private var coreProgress = 0.0
  private var computingCount = 0
  private var held = 0
  private var byteSeconds = 0.0
  private var window = TuningWindow()

  /// A run over `steps` of the trace, with the `fixed` conditions if given, else with each phase's.
  init(_ scenario: Scenario, trace: CostTrace, policy: Chosen, steps: Range<Int>, fixed: Conditions? = nil) {
    self.scenario = scenario
    self.trace = trace
    self.policy = policy
    self.fixed = fixed
    first = steps.lowerBound
    end = steps.upperBound
    run.firstStep = first
    conditions = fixed ?? scenario.phases[scenario.phaseIndex(ofStep: steps.lowerBound)].conditions
    setting = policy.start
    workers = Array(repeating: Worker(), count: setting.workers)
    nextImage = first * scenario.batch
    openedBatch = first
    releasedBatch = first
    unfinished = Array(repeating: scenario.batch, count: end + 66)
    costs = Array(
      repeating: TuningStep(
        holdSeconds: 0, stallSeconds: 0, readyCount: 0, readSeconds: 0, cpuSeconds: 0, longestImageSeconds: 0),
      count: policy.isMeasuring ? end + 66 : 0)
  }

  /// Runs to the end.
  mutating func callAsFunction() -> SimulatedRun {
    hold()
    openBatches()
    for step in first..<end {
      if fixed == nil, let phase = scenario.phases.last(where: { $0.firstStep == step }) {
        conditions = phase.conditions
      }
      let asked = now
      var ready = 0
      while step + ready < openedBatch, unfinished[step + ready] == 0 { ready += 1 }
      if let next = policy.take(readyCount: ready) { adopt(next, step: step) }
      while unfinished[step] > 0 { advance(until: .infinity) }
      let stall = now - asked
      let sleep = conditions.stepSeconds * trace.stepFactors[step]
      let wake = now + sleep
      while now < wake { advance(until: wake) }
      releasedBatch = step + 1
      hold()
      openBatches()
      note(step, stall: stall, hold: sleep, ready: ready)
    }
    return run
  }

  // MARK: - The consumer

  private mutating func note(_ step: Int, stall: Double, hold sleep: Double, ready: Int) {
    run.stalls.append(stall)
    run.holds.append(sleep)
    if policy.isMeasuring {
      costs[step].holdSeconds = sleep
      costs[step].stallSeconds = stall
      costs[step].readyCount = ready
      window.add(costs[step])
      if window.isFull {
        window.heldByteCount = held
        if let next = policy.decide(window) { adopt(next, step: step + 1) }
        window.clear()
      }
    }
    run.byteSeconds.append(byteSeconds)
    run.clock.append(now)
    run.verdicts.append(policy.verdict?.stage)
  }

  private mutating func adopt(_ next: TuningSetting, step: Int) {
    guard next != setting else { return }
    setting = next
    run.changes.append((step, next))
    var live = workers.count { $0.work != .retired }
    for index in workers.indices where live > next.workers && workers[index].work == .idle {
      workers[index].work = .retired
      live -= 1
    }
    for index in workers.indices where live < next.workers && workers[index].work == .retired {
      workers[index].work = .idle
      live += 1
    }
    while live < next.workers {
      workers.append(Worker())
      live += 1
    }
    hold()
    openBatches()
  }

  /// Counts the bytes held now. The consumer keeps a slot until it returns it, and a worker keeps its memory until its
  /// image is done, even if the setting has changed.
  private mutating func hold() {
    let slots = max(setting.prefetchDepth + 1, openedBatch - releasedBatch)
    held = slots * scenario.slotByteCount + workers.count { $0.work != .retired } * scenario.scratchByteCount
    run.peakByteCount = max(run.peakByteCount, held)
    if let budget = scenario.byteBudget, held > budget { run.breachCount += 1 }
  }

  // MARK: - The loader

  private mutating func openBatches() {
    while openedBatch - releasedBatch <= setting.prefetchDepth, openedBatch < end + 65 { openedBatch += 1 }
    for index in workers.indices where workers[index].work == .idle { takeImage(index) }
  }

  private mutating func takeImage(_ index: Int) {
    guard nextImage < openedBatch * scenario.batch else { return }
    workers[index].image = nextImage
    workers[index].begun = now
    nextImage += 1
    if scenario.readLatency > 0 {
      workers[index].work = .latency
      workers[index].until = now + scenario.readLatency
    } else {
      enqueue(index)
    }
  }

  private mutating func enqueue(_ index: Int) {
    workers[index].work = .queued
    if storage == nil { read(index) } else { queue.append(index) }
  }

  private mutating func read(_ index: Int) {
    workers[index].work = .reading
    let image = workers[index].image
    var seconds = scenario.imageBytes / conditions.storageRate
    if let pause = scenario.pause, image > 0, image % (pause.batches * scenario.batch) == 0 { seconds += pause.seconds }
    storage = (index, now + seconds)
  }

  private mutating func compute(_ index: Int) {
    let factor = trace.imageFactors[workers[index].image]
    let decode = scenario.decodeSeconds * conditions.decodeFactor * factor
    let augment = scenario.augmentSeconds * factor
    workers[index].work = .computing
    workers[index].stageBegun = now
    workers[index].decodeSeconds = decode
    workers[index].augmentSeconds = augment
    workers[index].until = coreProgress + decode + augment
    computingCount += 1
  }

  private mutating func finish(_ index: Int) {
    let worker = workers[index]
    let batch = worker.image / scenario.batch
    computingCount -= 1
    unfinished[batch] -= 1
    if policy.isMeasuring {
      costs[batch].readSeconds += worker.stageBegun - worker.begun
      costs[batch].cpuSeconds += worker.decodeSeconds + worker.augmentSeconds
      window.decodeSeconds += worker.decodeSeconds
      window.augmentSeconds += worker.augmentSeconds
      window.readByteCount += Int(scenario.imageBytes)
      costs[batch].longestImageSeconds = max(costs[batch].longestImageSeconds, now - worker.begun)
      window.busyWallSeconds += now - worker.stageBegun
    }
    workers[index].work = .idle
    if workers.count(where: { $0.work != .retired }) > setting.workers {
      workers[index].work = .retired
      hold()
    } else {
      takeImage(index)
    }
  }

  // MARK: - The clock

  /// Moves the clock to the next event, or to `limit` if that is earlier, and handles the event.
  private mutating func advance(until limit: Double) {
    let pace = computingCount == 0 ? 0 : min(1, conditions.cores / Double(computingCount))
    var (next, actor, least) = (limit, -1, Double.infinity)
    var done = -1
    for index in workers.indices {
      switch workers[index].work {
      case .computing where workers[index].until < least: (least, done) = (workers[index].until, index)
      case .latency where workers[index].until < next: (next, actor) = (workers[index].until, index)
      default: break
      }
    }
    if done >= 0 {
      let time = now + max(least - coreProgress, 0) / pace
      if time < next { (next, actor) = (time, done) }
    }
    if let storage, storage.until < next { (next, actor) = (storage.until, storage.worker) }
    precondition(next.isFinite, "a loader with an open batch has an event ahead")
    coreProgress += (next - now) * pace
    byteSeconds += (next - now) * Double(held)
    now = next
    guard actor >= 0 else { return }
    switch workers[actor].work {
    case .latency: enqueue(actor)
    case .computing: finish(actor)
    case .reading:
      storage = nil
      if queueHead < queue.count {
        let following = queue[queueHead]
        queueHead += 1
        if queueHead > 1024 {
          queue.removeFirst(queueHead)
          queueHead = 0
        }
        read(following)
      }
      compute(actor)
    case .idle, .queued, .retired: break
    }
  }
}
