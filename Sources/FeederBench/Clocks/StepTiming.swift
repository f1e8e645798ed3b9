import FeederCore

/// Work that is repeated, such as a training step. The caller supplies it, so this file needs no engine.
package protocol RepeatedWork {
  /// Does the work once and waits until the device has finished it. Throws what the work throws.
  mutating func callAsFunction() throws
}

/// The time of one repetition: the median of single timings, because other programs disturb some of them.
package struct StepTiming: Sendable, Equatable {
  /// Seconds of each repetition, in order; the warm-up ones are left out.
  package let seconds: [Double]

  /// Timings that were measured elsewhere, at least one.
  package init(seconds: [Double]) {
    precondition(!seconds.isEmpty, "a timing has at least one repetition")
    self.seconds = seconds
  }

  /// Runs `work` `warmup` times without timing, then until `atLeast` seconds have passed and `count` repetitions are
  /// timed. Throws what `work` throws.
  package init(
    _ work: inout some RepeatedWork, warmup: Int = 3, count: Int = 5, atLeast: Double = 0
  ) throws {
    let clock = ContinuousClock()
    for _ in 0..<warmup { try work() }
    var seconds: [Double] = []
    let start = clock.now
    while seconds.count < max(count, 1) || (clock.now - start) / .seconds(1) < atLeast {
      let begin = clock.now
      try work()
      seconds.append((clock.now - begin) / .seconds(1))
    }
    self.seconds = seconds
  }

  /// The median timing in seconds.
  package var medianSeconds: Double { median(of: seconds) }

  /// The shortest and the longest timing in seconds.
  package var range: ClosedRange<Double> { (seconds.min() ?? 0)...(seconds.max() ?? 0) }
}
