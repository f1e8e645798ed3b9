/// Chooses workers and prefetch depth during a run: per window of measurements it makes one decision.
///
/// It has no thread and no clock; the loader calls it between batches. It replays the recorded batches under other
/// settings (`SettingChoice`) and moves towards the best (`SettingMove`). Upward it at most doubles the slots. Downward
/// it goes by quarters after quiet windows, or at once if the loader limits and depth brings nothing. If costs change
/// (CUSUM) it drops what it learned, so old costs never slow its decisions. It changes the time of a delivery, never
/// its content.
package struct Tuner: Sendable {
  /// Windows for which a learned bound holds without a change: about 64 s.
  private static let barWindows = 128
  /// Quiet windows before memory is given back.
  private static let quietWindows = 3

  /// The limits of every choice.
  package let limits: TuningLimits
  /// The present setting.
  package private(set) var setting: TuningSetting

  private var history = TuningHistory()
  private var replay = Replay()
  private var shadow = ConsumerShadow()
  private var pauses = PauseMemory()
  private var signals = TuningSignals()
  private var probe: Probe?
  private var recent = Probe.Rate()
  private var ceiling = Bar()
  private var cores = Bar()
  private var mostWorkers = Bar()
  private var lastWindowWasMixed = false
  private var quietCount = 0
  private var ownChangeAge = Self.barWindows
  private var stepCount: Int
  private var stepsSinceChange = 0

  /// A tuner that begins with `start`, or with `limits.coldStart` if that is nil. `stepCount` is the number of steps of
  /// earlier runs behind `start`.
  package init(limits: TuningLimits, start: TuningSetting? = nil, stepCount: Int = 0) {
    self.limits = limits
    self.stepCount = stepCount
    setting = start.map(limits.clamped) ?? limits.coldStart
  }

  /// Decides from a window that was measured under `setting`. The decision applies from the next batch on.
  package mutating func decide(_ window: borrowing TuningWindow) -> TuningDecision {
    record(window)
    age()
    let isChanged = lookForChange(window)
    lookForContention(window)
    if let undone = judgeProbe(window) { return undone }
    let model = model
    let choice = SettingChoice(
      history: history, model: model, limits: limits,
      mostWorkers: mostWorkers.value.map { Int($0) } ?? limits.workers.upperBound, pauses: pauses,
      replay: &replay)
    let predicted = replay.stallShare(of: setting, history: history, model: model)
    let verdict = verdict(model, window)
    let move = SettingMove(
      limits: limits, setting: setting, model: model, choice: choice, predicted: predicted, stepCount: stepCount,
      stepsSinceChange: stepsSinceChange)
    let reason: TuningReason
    var next = setting
    if let more = move.shortage {
      next = more
      reason = .shortage(stallShare: predicted, better: choice.stallShare)
    } else if quietCount >= Self.quietWindows, let less = move.surplus {
      next = less
      reason =
        move.isSaturated
        ? .saturated(verdict.stage) : .surplus(freedByteCount: limits.byteCount(setting) - limits.byteCount(less))
    } else {
      reason = .steady
    }
    next = affordable(next, held: window.heldByteCount)
    let isUp = next.workers > setting.workers
    if isUp, !isChanged, window.stallShare > 0.05, probe == nil { probe = Probe(before: setting, rate: recent) }
    remember(window)
    return apply(next, reason: reason, verdict: verdict, predicted: predicted)
  }

  /// The setting with which the next run may begin; nil if neither this run nor an earlier one measured anything.
  package var learned: LearnedSetting? {
    stepCount > 0 ? LearnedSetting(setting: setting, stepCount: stepCount) : nil
  }

  // MARK: - Evidence

  private mutating func record(_ window: borrowing TuningWindow) {
    let model = model
    for step in window.steps {
      let unexplained = shadow.unexplainedSeconds(step, setting: setting, model: model)
      history.add(step, workers: setting.workers, batch: limits.batch, unexplained: unexplained)
      pauses.note(history.pause.last ?? 0, stepSeconds: step.holdSeconds)
    }
    stepCount += window.steps.count
    stepsSinceChange += window.steps.count
  }

  private mutating func age() {
    ceiling.age()
    cores.age()
    mostWorkers.age()
    quietCount += 1
    ownChangeAge += 1
  }

  private var model: LoaderModel {
    LoaderModel(
      batch: limits.batch, holdSeconds: history.holdMoments.mean, readSeconds: history.readMoments.mean,
      cpuSeconds: history.cpuMoments.mean,
      productionVariance: history.readMoments.variance + history.cpuMoments.variance,
      holdVariance: history.holdMoments.variance, stepCount: history.holdMoments.count, availableCores: cores.value,
      ceiling: ceiling.value)
  }

  /// After a lasting change of the step time or of a stage's cost, drops what was learned before.
  private mutating func lookForChange(_ window: borrowing TuningWindow) -> Bool {
    if lastWindowWasMixed {
      // The window of a change contains both old and new costs. The next one is clean.
      lastWindowWasMixed = false
      history.keepLast(window.steps.count)
      signals = TuningSignals()
    }
    // A change by the tuner itself shifts the workers' costs a little (queues, caches) and is no change of conditions.
    let known = signals.observe(window, isOwnChange: ownChangeAge <= 2)
    let isFaster = ceiling.value.map { Double(limits.batch) * recent.batchRate > 1.15 * $0 } ?? false
    guard let windows = known ?? (isFaster ? 1 : nil) else { return false }
    history.keepLast(window.steps.count * max(windows, 1))
    ceiling.lift()
    cores.lift()
    mostWorkers.lift()
    probe = nil
    quietCount = 0
    recent = Probe.Rate()
    stepsSinceChange = 0
    lastWindowWasMixed = true
    return true
  }

  /// CPU work takes longer in wall time than in CPU time if the workers outnumber the available cores.
  private mutating func lookForContention(_ window: borrowing TuningWindow) {
    let cpu = window.decodeSeconds + window.augmentSeconds
    guard cpu > 0, window.busyWallSeconds > 1.1 * cpu else { return }
    let running = Double(setting.workers) * window.busyWallSeconds / (window.busyWallSeconds + window.readSeconds)
    let seen = max(running * cpu / window.busyWallSeconds, 0.1)
    cores.set(cores.value.map { ($0 + seen) / 2 } ?? seen, windows: Self.barWindows)
  }

  private mutating func remember(_ window: borrowing TuningWindow) {
    if recent.batches > 2 * Double(TuningWindow.stepLimit) || ownChangeAge <= 1 { recent = Probe.Rate() }
    recent.add(window)
  }

  private func verdict(_ model: LoaderModel, _ window: borrowing TuningWindow) -> TuningVerdict {
    let cpu = window.decodeSeconds + window.augmentSeconds
    return TuningVerdict(
      model: model, workers: limits.mostWorkers, decodeShare: cpu > 0 ? window.decodeSeconds / cpu : 0,
      copySeconds: window.steps.isEmpty ? 0 : window.copySeconds / Double(window.steps.count))
  }

  // MARK: - Moves

  /// Undoes additional workers that gained under 2 %. More workers than before are then barred until conditions change
  /// or time has passed.
  private mutating func judgeProbe(_ window: borrowing TuningWindow) -> TuningDecision? {
    guard let outcome = probe?.observe(window), let trial = probe else { return nil }
    switch outcome {
    case .undecided: return nil
    case .pays:
      probe = nil
      return nil
    case .failed(let gain):
      probe = nil
      ceiling.set(trial.rate.batchRate * Double(limits.batch), windows: Self.barWindows)
      mostWorkers.set(Double(trial.before.workers), windows: Self.barWindows)
      let model = model
      var back = setting
      back.workers = trial.before.workers
      let predicted = replay.stallShare(of: back, history: history, model: model)
      return apply(
        limits.clamped(back), reason: .undone(gain: gain), verdict: verdict(model, window), predicted: predicted)
    }
  }

  /// The part of a move that the budget allows now. If one number rises and the other falls, the fall goes first,
  /// because slots and scratch are held until they are free.
  private func affordable(_ next: TuningSetting, held: Int) -> TuningSetting {
    let wanted = limits.clamped(next)
    guard let budget = limits.byteBudget else { return wanted }
    let growth =
      max(wanted.workers - setting.workers, 0) * limits.scratchByteCount
      + max(wanted.prefetchDepth - setting.prefetchDepth, 0) * limits.slotByteCount
    if growth == 0 || max(held, limits.byteCount(setting)) + growth <= budget { return wanted }
    return TuningSetting(
      workers: min(wanted.workers, setting.workers), prefetchDepth: min(wanted.prefetchDepth, setting.prefetchDepth))
  }

  private mutating func apply(
    _ next: TuningSetting, reason: TuningReason, verdict: TuningVerdict, predicted: Double
  ) -> TuningDecision {
    let isChange = next != setting
    if isChange {
      if next.workers != setting.workers { ownChangeAge = 0 }
      quietCount = 0
      setting = next
    }
    return TuningDecision(
      setting: setting, isChange: isChange, reason: isChange ? reason : .steady, verdict: verdict,
      predictedStallShare: predicted)
  }
}
