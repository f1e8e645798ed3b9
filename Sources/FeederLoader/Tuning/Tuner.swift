/// Chooses workers and prefetch depth while a run goes on: one window of measurements in, one decision out.
///
/// No threads, no clock: the loader calls it between batches. It replays the recorded batches under other settings and takes
/// the one that holds the fewest bytes among those that wait hardly more than the best. Upward it at most doubles; downward it
/// goes by quarters after quiet windows, or at once where the loader limits and depth buys nothing. A change of costs
/// (CUSUM) makes it forget what it knew, so it never grows slow. It cannot change what is delivered, only when.
package struct Tuner: Sendable {
  /// Windows that a bar lasts when no change is seen: about 64 s.
  private static let barWindows = 128
  /// Quiet windows before memory is given back, and before an unexplained wait counts.
  private static let quietWindows = 3
  /// Predicted waiting, as a share of time, that is worth a change.
  private static let worthwhile = 0.003
  /// The same from this depth on, where waiting is a rare event and one in the record proves little.
  private static let deepDepth = 8
  /// See `deepDepth`.
  private static let worthwhileDeep = 0.01
  /// Bytes that a saving must leave, as a share.
  private static let savingShare = 0.8
  /// The same where more workers take the place of memory.
  private static let tradeShare = 0.7

  /// Within what it chooses.
  package let limits: TuningLimits
  /// The setting in force.
  package private(set) var setting: TuningSetting

  private var history = TuningHistory()
  private var replay = Replay()
  private var signals = TuningSignals()
  private var probe: Probe?
  private var recent = Probe.Rate()
  private var ceiling = Bar()
  private var cores = Bar()
  private var floor = Bar()
  private var mostWorkers = Bar()
  private var lastWindowWasMixed = false
  private var quietCount = 0
  private var ownChangeAge = Self.barWindows
  private var unexplained = (seconds: 0.0, stall: 0.0, count: 0)

  /// A tuner that begins with `start`, or without it with `limits.coldStart`.
  package init(limits: TuningLimits, start: TuningSetting? = nil) {
    self.limits = limits
    setting = start.map(limits.clamped) ?? limits.coldStart
  }

  /// Takes a window that was measured under `setting`; the answer holds from the next batch on.
  package mutating func decide(_ window: borrowing TuningWindow) -> TuningDecision {
    for step in window.steps { history.add(step, workers: setting.workers, batch: limits.batch) }
    age()
    let isChanged = lookForChange(window)
    lookForContention(window)
    if let undone = judgeProbe(window) { return undone }
    let model = model
    let choice = SettingChoice(
      history: history, model: model, limits: limits,
      mostWorkers: mostWorkers.value.map { Int($0) } ?? limits.workers.upperBound, floor: Int(floor.value ?? 0),
      replay: &replay)
    let predicted = replay.stallShare(of: setting, history: history, model: model)
    let verdict = verdict(model, window)
    let reason: TuningReason
    var next = setting
    if let stall = unexplainedStall(window, predicted: predicted, model: model) {
      raiseFloor()
      next.prefetchDepth = Int(floor.value ?? 0)
      reason = .unexplained(stallShare: stall)
    } else if let more = shortage(choice, predicted: predicted, model: model) {
      next = more
      reason = .shortage(stallShare: predicted, better: choice.stallShare)
    } else if quietCount >= Self.quietWindows, let less = surplus(choice, model: model) {
      next = less
      reason =
        isSaturated(model)
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

  // MARK: - Evidence

  private mutating func age() {
    ceiling.age()
    cores.age()
    floor.age()
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

  /// A lasting change of the step time or of a stage's cost: what was learned before it is void.
  private mutating func lookForChange(_ window: borrowing TuningWindow) -> Bool {
    if lastWindowWasMixed {
      // The window in which a change came holds both sides of it; from here on there is a clean one.
      lastWindowWasMixed = false
      history.keepLast(window.steps.count)
      signals = TuningSignals()
    }
    // A change of our own moves the workers' costs a little (queues, caches); it is no news.
    let known = signals.observe(window, isOwnChange: ownChangeAge <= 2)
    let isFaster = ceiling.value.map { Double(limits.batch) * recent.batchRate > 1.15 * $0 } ?? false
    guard let windows = known ?? (isFaster ? 1 : nil) else { return false }
    history.keepLast(window.steps.count * max(windows, 1))
    ceiling.lift()
    cores.lift()
    floor.lift()
    mostWorkers.lift()
    probe = nil
    quietCount = 0
    recent = Probe.Rate()
    lastWindowWasMixed = true
    return true
  }

  /// CPU work that takes longer on the wall than on the CPU: the workers share fewer cores than there are of them.
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

  /// Workers that paid under 2 % go again, and more than before are barred until something changes or time has passed.
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

  /// More workers or depth where that pays: at most the double of either.
  private func shortage(_ choice: SettingChoice, predicted: Double, model: LoaderModel) -> TuningSetting? {
    var next = setting
    let gain = predicted - choice.stallShare
    let isWorthwhile =
      gain >= (setting.prefetchDepth < Self.deepDepth ? Self.worthwhile : Self.worthwhileDeep)
    let isSlow = model.utilisation(workers: setting.workers) > 0.97
    if choice.setting.workers > setting.workers, isWorthwhile || isSlow {
      next.workers = min(choice.setting.workers, setting.workers * 2)
    }
    // The queue's tail, which the record may be too short to show; it has no meaning where the loader limits.
    let missing = choice.setting.prefetchDepth - setting.prefetchDepth
    let isShallow = missing >= max(2, setting.prefetchDepth / 2) && model.utilisation(workers: setting.workers) < 1
    if choice.setting.prefetchDepth > setting.prefetchDepth, isWorthwhile || isShallow {
      next.prefetchDepth = min(choice.setting.prefetchDepth, setting.prefetchDepth * 2)
    }
    return next == setting ? nil : next
  }

  /// Fewer bytes or workers where that costs nothing.
  private func surplus(_ choice: SettingChoice, model: LoaderModel) -> TuningSetting? {
    let (held, wanted) = (limits.byteCount(setting), limits.byteCount(choice.setting))
    // Workers for memory is a trade that must pay more, or the two would take turns.
    let share = choice.setting.workers > setting.workers ? Self.tradeShare : Self.savingShare
    let isSmaller = Double(wanted) <= share * Double(held)
    let hasIdle = wanted <= held && Double(choice.setting.workers) <= Self.savingShare * Double(setting.workers)
    guard isSmaller || hasIdle else { return nil }
    var next = choice.setting
    if !isSaturated(model) {
      let isFarFromFull =
        model.utilisation(workers: setting.workers) + 2 * model.utilisationError(workers: setting.workers) < 0.8
      let least = isFarFromFull ? setting.prefetchDepth / 2 : setting.prefetchDepth * 3 / 4
      next.prefetchDepth = max(next.prefetchDepth, least)
    }
    return next == setting ? nil : next
  }

  /// True where the loader limits beyond doubt, whatever the setting.
  private func isSaturated(_ model: LoaderModel) -> Bool {
    let most = limits.mostWorkers
    return model.utilisation(workers: most) - 2 * model.utilisationError(workers: most) > TuningVerdict.bound
  }

  /// Waiting that the replay does not account for, over three windows; nil where the loader limits anyhow.
  private mutating func unexplainedStall(
    _ window: borrowing TuningWindow, predicted: Double, model: LoaderModel
  ) -> Double? {
    let isCalm = ownChangeAge > 2 * Self.quietWindows && quietCount > 2 * Self.quietWindows
    guard isCalm, model.utilisation(workers: setting.workers) < 0.9 else {
      unexplained = (0, 0, 0)
      return nil
    }
    unexplained.seconds += window.seconds
    unexplained.stall += window.stallSeconds
    unexplained.count += 1
    guard unexplained.count >= Self.quietWindows else { return nil }
    let share = unexplained.stall / max(unexplained.seconds, 1e-9)
    unexplained = (0, 0, 0)
    return share > predicted + 0.02 ? share : nil
  }

  private mutating func raiseFloor() {
    floor.set(Double(setting.prefetchDepth + max(1, setting.prefetchDepth / 2)), windows: Self.barWindows)
  }

  /// The part of a move that the budget allows now. Where one number rises while the other falls, the falling one goes
  /// first: slots and scratch are still held until they come free.
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
