/// A trial of another worker count. The count stays only if the loader became faster.
///
/// Speed is CPU seconds of work per second, because the spread of the batches does not affect it. If workers mostly
/// read, speed is batches per second.
struct Probe: Sendable {
  /// The least gain of speed, as a share.
  static let leastGain = 0.02
  /// Windows to skip after a change, because they mix both settings.
  private static let mixedWindows = 1
  /// Windows to judge.
  private static let judgedWindows = 2

  /// Work, batches and seconds of several windows.
  struct Rate: Sendable {
    var cpuSeconds = 0.0
    var readSeconds = 0.0
    var batches = 0.0
    var seconds = 0.0

    /// Adds a window.
    mutating func add(_ window: borrowing TuningWindow) {
      cpuSeconds += window.cpuSeconds
      readSeconds += window.readSeconds
      batches += Double(window.steps.count)
      seconds += window.seconds
    }

    /// Batches per second.
    var batchRate: Double { seconds > 0 ? batches / seconds : 0 }

    /// The work per second over `other`'s, minus 1.
    func gain(over other: Rate) -> Double {
      let isCPUBound = cpuSeconds > 0.2 * (cpuSeconds + readSeconds)
      let (mine, theirs) = isCPUBound ? (cpuSeconds, other.cpuSeconds) : (batches, other.batches)
      guard seconds > 0, other.seconds > 0, theirs > 0 else { return 0 }
      return mine / seconds / (theirs / other.seconds) - 1
    }
  }

  /// The result of a trial after a window.
  enum Outcome: Equatable { case undecided, pays, failed(gain: Double) }

  /// The setting before the trial.
  let before: TuningSetting
  private let rateBefore: Rate
  private(set) var rate = Rate()
  private var windowCount = 0

  /// Begins a trial that replaces `before`, which ran at `rate`.
  init(before: TuningSetting, rate: Rate) {
    self.before = before
    rateBefore = rate
  }

  /// Adds a window under the new setting. The trial also pays if the consumer no longer stalls, because more cannot be
  /// gained.
  mutating func observe(_ window: borrowing TuningWindow) -> Outcome {
    windowCount += 1
    guard windowCount > Self.mixedWindows else { return .undecided }
    rate.add(window)
    guard windowCount >= Self.mixedWindows + Self.judgedWindows else { return .undecided }
    let gain = rate.gain(over: rateBefore)
    return gain >= Self.leastGain || window.stallShare < 0.01 ? .pays : .failed(gain: gain)
  }
}
