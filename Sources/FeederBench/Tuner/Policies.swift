import FeederTuning

/// The same setting from start to end.
struct StaticPolicy: Policy {
  let start: TuningSetting
  let isMeasuring = false
  mutating func decide(_ window: borrowing TuningWindow) -> TuningSetting? { nil }
}

/// Feeder's tuner.
struct TunerPolicy: Policy {
  private var tuner: Tuner
  let start: TuningSetting
  let isMeasuring = true
  private(set) var verdict: TuningVerdict?
  private(set) var decisions: [TuningDecision] = []

  /// A tuner within `limits`. `start` is a learned setting, if there is one.
  init(limits: TuningLimits, start: TuningSetting? = nil) {
    tuner = Tuner(limits: limits, start: start)
    self.start = tuner.setting
  }

  mutating func decide(_ window: borrowing TuningWindow) -> TuningSetting? {
    let decision = tuner.decide(window)
    verdict = decision.verdict
    if decision.isChange { decisions.append(decision) }
    return decision.setting
  }
}

/// tf.data's prefetch rule: doubles the buffer after it was full and then empty; never shrinks it. Uses all cores.
struct DoublingPolicy: Policy {
  let limits: TuningLimits
  let isMeasuring = false
  private var setting: TuningSetting
  private var wasFull = false

  /// Starts with a buffer of two. It never exceeds the budget.
  init(limits: TuningLimits) {
    self.limits = limits
    setting = limits.clamped(TuningSetting(workers: limits.workers.upperBound, prefetchDepth: 2))
  }

  var start: TuningSetting { setting }
  mutating func decide(_ window: borrowing TuningWindow) -> TuningSetting? { nil }

  mutating func take(readyCount: Int) -> TuningSetting? {
    if readyCount >= setting.prefetchDepth { wasFull = true }
    guard wasFull, readyCount == 0 else { return nil }
    wasFull = false
    setting = limits.clamped(TuningSetting(workers: setting.workers, prefetchDepth: setting.prefetchDepth * 2))
    return setting
  }
}

/// Greedy hill climbing: changes one number by one every 32 steps and keeps the change if the consumer waited less.
struct HillClimbPolicy: Policy {
  let limits: TuningLimits
  let isMeasuring = true
  private var setting: TuningSetting
  private var before: TuningSetting?
  private var bestShare = 1.0
  private var turn = 0
  private var stall = 0.0
  private var seconds = 0.0
  private var steps = 0

  /// Starts like the tuner.
  init(limits: TuningLimits) {
    self.limits = limits
    setting = limits.coldStart
  }

  var start: TuningSetting { setting }

  mutating func decide(_ window: borrowing TuningWindow) -> TuningSetting? {
    stall += window.stallSeconds
    seconds += window.seconds
    steps += window.steps.count
    guard steps >= 32 else { return nil }
    let share = stall / max(seconds, 1e-12)
    (stall, seconds, steps) = (0, 0, 0)
    if let old = before, share > bestShare - 0.002 {
      setting = old
      before = nil
      return setting
    }
    bestShare = share
    before = setting
    turn += 1
    var next = setting
    switch turn % 4 {
    case 0: next.prefetchDepth += 1
    case 1: next.workers += 1
    case 2: next.prefetchDepth = max(next.prefetchDepth - 1, 1)
    default: next.workers = max(next.workers - 1, 1)
    }
    setting = limits.clamped(next)
    return setting
  }
}

/// tf.data's stage-based rule: adds workers until a batch takes no longer than the mean gap between the consumer's
/// calls, which waiting itself lengthens. Each adjustment doubles the time until the next. The buffer follows the
/// doubling rule.
struct StageBasedPolicy: Policy {
  let limits: TuningLimits
  let isMeasuring = true
  private var setting: TuningSetting
  private var wasFull = false
  private var period = 16
  private var steps = 0
  private var busy = 0.0
  private var seconds = 0.0

  /// Starts with one worker.
  init(limits: TuningLimits) {
    self.limits = limits
    setting = limits.clamped(TuningSetting(workers: 1, prefetchDepth: 2))
  }

  var start: TuningSetting { setting }

  mutating func take(readyCount: Int) -> TuningSetting? {
    if readyCount >= setting.prefetchDepth { wasFull = true }
    guard wasFull, readyCount == 0 else { return nil }
    wasFull = false
    setting = limits.clamped(TuningSetting(workers: setting.workers, prefetchDepth: setting.prefetchDepth * 2))
    return setting
  }

  mutating func decide(_ window: borrowing TuningWindow) -> TuningSetting? {
    steps += window.steps.count
    busy += window.readSeconds + window.cpuSeconds
    seconds += window.seconds
    guard steps >= period else { return nil }
    let gap = seconds / Double(steps)
    let needed = Int((busy / Double(steps) / max(gap, 1e-12)).rounded(.up))
    (steps, busy, seconds) = (0, 0, 0)
    period = min(period * 2, 1024)
    // A waiting consumer makes the gap as long as the batch. Only one more worker shows whether it shrinks.
    setting = limits.clamped(
      TuningSetting(workers: max(needed, min(setting.workers + 1, needed + 1)), prefetchDepth: setting.prefetchDepth))
    return setting
  }
}
