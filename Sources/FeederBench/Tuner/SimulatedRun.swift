import FeederTuning

/// The decisions in a simulated run: a fixed setting, the tuner, or a rule that it is compared with.
protocol Policy {
  /// The first setting of the run.
  var start: TuningSetting { get }
  /// True if the policy needs windows of measurements. False saves the work of measuring.
  var isMeasuring: Bool { get }
  /// Called when the consumer takes a batch, before it waits. `readyCount` batches are ready. Returns a new setting, or
  /// nil.
  mutating func take(readyCount: Int) -> TuningSetting?
  /// Called when a window is full. Returns a new setting, or nil.
  mutating func decide(_ window: borrowing TuningWindow) -> TuningSetting?
  /// The policy's verdict; nil if it gives none.
  var verdict: TuningVerdict? { get }
}

extension Policy {
  mutating func take(readyCount: Int) -> TuningSetting? { nil }
  var verdict: TuningVerdict? { nil }
}

/// The figures of a simulated run, step by step.
struct SimulatedRun: Sendable {
  /// The step of the arrays' first elements.
  var firstStep = 0
  /// Seconds waited for the batch of each step.
  var stalls: [Double] = []
  /// Seconds that each batch was held.
  var holds: [Double] = []
  /// Bytes held times seconds, summed up to the end of each step.
  var byteSeconds: [Double] = []
  /// The virtual time at the end of each step.
  var clock: [Double] = []
  /// Changes of the setting: step and new setting.
  var changes: [(step: Int, setting: TuningSetting)] = []
  /// The latest verdict at the end of each step.
  var verdicts: [LimitingStage?] = []
  /// Number of times that more than the budget was held.
  var breachCount = 0
  /// The most bytes held at any time.
  var peakByteCount = 0

  /// Stall share over `steps`; 0 if there are none.
  func stallShare(_ steps: Range<Int>) -> Double {
    var (stall, hold) = (0.0, 0.0)
    for step in steps {
      stall += stalls[step - firstStep]
      hold += holds[step - firstStep]
    }
    return stall + hold > 0 ? stall / (stall + hold) : 0
  }

  /// Mean bytes held over `steps`.
  func meanBytes(_ steps: Range<Int>) -> Double {
    guard !steps.isEmpty else { return 0 }
    let (first, last) = (steps.lowerBound - firstStep, steps.upperBound - 1 - firstStep)
    let (bytes, time) = first == 0 ? (0, 0) : (byteSeconds[first - 1], clock[first - 1])
    return (byteSeconds[last] - bytes) / max(clock[last] - time, 1e-12)
  }
}
