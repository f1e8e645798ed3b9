/// A change of the worker count on trial: it stays only where the loader really became faster.
///
/// Speed is CPU seconds of work done in a second, not batches: that is free of the batches' own spread. Where workers mostly
/// read, it is batches a second.
struct Probe: Sendable {
  /// A change must bring this share of speed.
  static let leastGain = 0.02
  /// Windows that are let pass after a change, in which both settings mix.
  private static let mixedWindows = 1
  /// Windows that are judged.
  private static let judgedWindows = 2

  /// Work, batches and seconds of some windows.
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

    /// Batches a second.
    var batchRate: Double { seconds > 0 ? batches / seconds : 0 }

    /// Work a second over `other`'s, less 1.
    func gain(over other: Rate) -> Double {
      let isCPUBound = cpuSeconds > 0.2 * (cpuSeconds + readSeconds)
      let (mine, theirs) = isCPUBound ? (cpuSeconds, other.cpuSeconds) : (batches, other.batches)
      guard seconds > 0, other.seconds > 0, theirs > 0 else { return 0 }
      return mine / seconds / (theirs / other.seconds) - 1
    }
  }

  /// What is left of a trial after a window.
  enum Outcome: Equatable { case undecided, pays, failed(gain: Double) }

  /// The setting before.
  let before: TuningSetting
  private let rateBefore: Rate
  private(set) var rate = Rate()
  private var windowCount = 0

  /// Begins a trial of a change away from `before`, which ran at `rate`.
  init(before: TuningSetting, rate: Rate) {
    self.before = before
    rateBefore = rate
  }

  /// Takes a window under the new setting. Where the consumer waits no longer, there is nothing more to gain.
  mutating func observe(_ window: borrowing TuningWindow) -> Outcome {
    windowCount += 1
    guard windowCount > Self.mixedWindows else { return .undecided }
    rate.add(window)
    guard windowCount >= Self.mixedWindows + Self.judgedWindows else { return .undecided }
    let gain = rate.gain(over: rateBefore)
    return gain >= Self.leastGain || window.stallShare < 0.01 ? .pays : .failed(gain: gain)
  }
}
