import FeederCore

/// Something that is done again and again, such as a training step; the command supplies it, so that no engine is known here.
package protocol RepeatedWork {
  /// Does it once, to its very end.
  mutating func callAsFunction() throws
}

/// How long one repetition takes: the median of single timings, since a shared machine now and then takes one away.
package struct StepTiming: Sendable, Equatable {
  /// Seconds of each repetition, in order; the warm-up ones are left out.
  package let seconds: [Double]

  /// Timings that were taken elsewhere.
  package init(seconds: [Double]) {
    precondition(!seconds.isEmpty, "a timing has at least one repetition")
    self.seconds = seconds
  }

  /// Does `work` `warmup` times unseen, then until `atLeast` seconds have passed and `count` repetitions are timed.
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

  /// The middle timing; of an even number the mean of the two in the middle.
  package var medianSeconds: Double { median(of: seconds) }

  /// The shortest and the longest timing.
  package var range: ClosedRange<Double> { (seconds.min() ?? 0)...(seconds.max() ?? 0) }
}
