import FeederCore
import FeederTuning

/// A loader with its tuner, which measures between batches and changes workers and prefetch depth within limits.
///
/// One consumer calls `startEpoch` and `nextBatch` here instead of on the loader. The stream is the loader's, whatever
/// changes.
package final class TunedLoader {
  /// A change of the setting, and its time.
  package struct Change: Sendable {
    /// Batches delivered before the change.
    package let step: Int
    /// The decision and its reason.
    package let decision: TuningDecision

    /// The change in one line.
    package var line: String { "loader from batch \(step) on: \(decision.setting), because \(decision.reason)" }
  }

  /// The loader, for all other calls of the consumer.
  package let loader: Loader
  /// The latest decision; nil before the first window is full.
  package private(set) var latest: TuningDecision?
  /// Called with every change.
  package var onChange: ((Change) -> Void)?

  private var tuner: Tuner
  private var isActive: Bool
  private var window = TuningWindow()
  private var deliveredCount = 0
  private var pending: TuningStep?
  private var returned: ContinuousClock.Instant?
  private var telemetry: Telemetry

  /// Batches that are not measured at the start of an epoch that was not announced, because nothing could fill ahead.
  private static let coldCount = 4
  private var unmeasuredCount = TunedLoader.coldCount

  /// Controls `loader`, from its present plan or from the setting `learned` in an earlier run, as far as the limits
  /// allow. `workers` and `prefetchDepth` are the permitted ranges; a range of one number pins it.
  package init(
    _ loader: Loader, workers: ClosedRange<Int>, prefetchDepth: ClosedRange<Int> = 1...64,
    learned: LearnedSetting? = nil
  ) {
    self.loader = loader
    let plan = loader.plan
    let limits = TuningLimits(
      batch: loader.batchSize, workers: workers, prefetchDepth: prefetchDepth, slotByteCount: plan.slotCost,
      scratchByteCount: plan.workerCost, byteBudget: plan.budget.map { $0 - plan.fixedCost })
    tuner = Tuner(
      limits: limits,
      start: learned?.setting ?? TuningSetting(workers: plan.workers, prefetchDepth: plan.prefetchDepth),
      stepCount: learned?.stepCount ?? 0)
    isActive = workers.count > 1 || prefetchDepth.count > 1
    telemetry = loader.telemetry
    if learned != nil, isActive { adopt(tuner.setting) }
  }

  /// The present setting.
  package var setting: TuningSetting { tuner.setting }

  /// The setting with which the next run may begin. Nil before the first measurement, and if both numbers are pinned.
  package var learned: LearnedSetting? { isActive ? tuner.learned : nil }

  /// Begins an epoch, as `Loader.startEpoch` does.
  package func startEpoch(_ epoch: Int, closeMosaic: Bool = false, firstBatch: Int = 0, hashSoFar: UInt64 = 0) {
    forget()
    let isAnnounced = loader.startEpoch(
      epoch, closeMosaic: closeMosaic, firstBatch: firstBatch, hashSoFar: hashSoFar)
    unmeasuredCount = isAnnounced ? 0 : Self.coldCount
  }

  /// Announces the next epoch, as `Loader.announceEpoch` does.
  package func announceEpoch(_ epoch: Int, closeMosaic: Bool = false) {
    loader.announceEpoch(epoch, closeMosaic: closeMosaic)
  }

  /// The next batch, as from `Loader.nextBatch`. Makes a due decision first. Throws what `Loader.nextBatch` throws.
  package func nextBatch() throws -> Batch? {
    guard isActive else { return try loader.nextBatch() }
    let asked = ContinuousClock.now
    closeStep(at: asked)
    if window.isFull { decide() }
    let readyCount = loader.readyBatchCount
    let start = ContinuousClock.now
    guard let batch = try loader.nextBatch() else {
      forget()
      return nil
    }
    let now = ContinuousClock.now
    pending =
      unmeasuredCount == 0 && batch.imageCount == loader.batchSize
      ? step(batch, stallSeconds: (now - start) / .seconds(1), readyCount: readyCount) : nil
    unmeasuredCount = max(unmeasuredCount - 1, 0)
    returned = now
    deliveredCount += 1
    return batch
  }

  private func forget() {
    pending = nil
    returned = nil
  }

  /// Ends the step when the consumer asks for the next batch.
  private func closeStep(at now: ContinuousClock.Instant) {
    guard var step = pending, let returned else { return }
    step.holdSeconds = (now - returned) / .seconds(1)
    window.add(step)
    pending = nil
  }

  private func step(_ batch: borrowing Batch, stallSeconds: Double, readyCount: Int) -> TuningStep {
    var (read, cpu, wall, longest) = (0, 0, 0, 0)
    for cost in batch.slot.costs(batch.imageCount) {
      read += cost.readNanoseconds
      cpu += cost.cpuNanoseconds
      wall += cost.wallNanoseconds
      longest = max(longest, cost.wallNanoseconds)
    }
    window.busyWallSeconds += Double(wall - read) / 1e9
    return TuningStep(
      holdSeconds: 0, stallSeconds: readyCount > 0 ? 0 : stallSeconds, readyCount: readyCount,
      readSeconds: Double(read) / 1e9, cpuSeconds: Double(cpu) / 1e9, longestImageSeconds: Double(longest) / 1e9)
  }

  private func decide() {
    let before = telemetry
    telemetry = loader.telemetry
    // CPU time is known per image, wall time per stage, so the stages share the CPU time in the ratio of their wall
    // times.
    let decode = telemetry.decodeSeconds - before.decodeSeconds
    let augment =
      telemetry.augmentSeconds + telemetry.hashSeconds - before.augmentSeconds - before.hashSeconds
    let cpu = window.cpuSeconds
    window.decodeSeconds = cpu * decode / max(decode + augment, 1e-9)
    window.augmentSeconds = cpu - window.decodeSeconds
    window.readByteCount = telemetry.readByteCount - before.readByteCount
    window.heldByteCount = loader.heldBytes - loader.plan.fixedCost
    let decision = tuner.decide(window)
    window.clear()
    latest = decision
    guard decision.isChange else { return }
    adopt(decision.setting)
    onChange?(Change(step: deliveredCount, decision: decision))
  }

  private func adopt(_ setting: TuningSetting) {
    do {
      try loader.adjust(workers: setting.workers, prefetchDepth: setting.prefetchDepth)
    } catch {
      // The host has no memory for a plan within the budget: the loader continues with what it has, and tuning ends.
      isActive = false
    }
  }
}
