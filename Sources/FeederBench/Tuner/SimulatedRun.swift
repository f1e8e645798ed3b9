import FeederTuning

/// Who decides in a simulated run: a fixed setting, the tuner, or one of the rules it is compared with.
protocol Policy {
  /// Where the run begins.
  var start: TuningSetting { get }
  /// True where the policy wants a window of measurements; false saves the trouble.
  var isMeasuring: Bool { get }
  /// Called at each take, before the consumer waits: how many batches are ready. A new setting, or nil.
  mutating func take(readyCount: Int) -> TuningSetting?
  /// Called when a window is full. A new setting, or nil.
  mutating func decide(_ window: borrowing TuningWindow) -> TuningSetting?
  /// What the policy says sets the pace, where it says anything.
  var verdict: TuningVerdict? { get }
}

extension Policy {
  mutating func take(readyCount: Int) -> TuningSetting? { nil }
  var verdict: TuningVerdict? { nil }
}

/// What a simulated run showed, step by step.
struct SimulatedRun: Sendable {
  /// The step that the arrays begin with.
  var firstStep = 0
  /// Seconds waited for each step's batch.
  var stalls: [Double] = []
  /// Seconds each batch was held.
  var holds: [Double] = []
  /// Bytes held, weighted by time, up to the end of each step.
  var byteSeconds: [Double] = []
  /// The virtual time at the end of each step.
  var clock: [Double] = []
  /// Steps at which the setting changed, with the setting.
  var changes: [(step: Int, setting: TuningSetting)] = []
  /// The latest verdict at the end of each step.
  var verdicts: [LimitingStage?] = []
  /// Moments at which more was held than the budget allows.
  var breachCount = 0
  /// The most bytes ever held.
  var peakByteCount = 0

  /// Stall share over some steps; 0 for none.
  func stallShare(_ steps: Range<Int>) -> Double {
    var (stall, hold) = (0.0, 0.0)
    for step in steps {
      stall += stalls[step - firstStep]
      hold += holds[step - firstStep]
    }
    return stall + hold > 0 ? stall / (stall + hold) : 0
  }

  /// Bytes held on average over some steps.
  func meanBytes(_ steps: Range<Int>) -> Double {
    guard !steps.isEmpty else { return 0 }
    let (first, last) = (steps.lowerBound - firstStep, steps.upperBound - 1 - firstStep)
    let (bytes, time) = first == 0 ? (0, 0) : (byteSeconds[first - 1], clock[first - 1])
    return (byteSeconds[last] - bytes) / max(clock[last] - time, 1e-12)
  }
}
