import Foundation

/// Tells a lasting change of a cost from its noise: two-sided CUSUM (Page, "Continuous inspection schemes", 1954) on the
/// logarithm of each window's median.
///
/// The median makes one pause in a window invisible: pauses are for the replay to ride out, not for the detector to chase.
struct ChangeDetector: Sendable {
  /// Standard errors that a window may stray before it counts; the reference value of CUSUM.
  private static let reference = 1.0
  /// Sum at which a change is declared: one window far away does it, or several that stray the same way.
  private static let threshold = 7.0
  /// A window's weight is capped, so that no single one counts for more than a declared change.
  private static let cap = 10.0
  /// Changes below about this share never matter to a setting, however little noise there is.
  private static let floor = 0.05

  /// Shift of the logarithm that a change of our own explains: queues, caches, shared cores.
  private static let ownShift = 0.4

  private var windowCount = 0
  private var meanLog = 0.0
  private var meanSpread = 0.0
  private var upper = 0.0
  private var lower = 0.0
  /// Windows since the running sum left zero: where a declared change began.
  private(set) var onset = 0

  /// Forgets everything but its settings.
  mutating func rebase() { self = ChangeDetector() }

  /// Takes one window's values, sorted; true where a lasting change is declared. Values of zero or less say nothing.
  ///
  /// `isOwnChange` says that the tuner itself moved something that may shift the cost a little: such a shift is taken over.
  mutating func observe(sorted values: [Double], isOwnChange: Bool = false) -> Bool {
    guard let smallest = values.first, smallest > 0 else { return false }
    let median = Self.log(values[values.count / 2])
    let spread = (Self.log(values[values.count * 5 / 6]) - Self.log(values[values.count / 6])) / 2
    defer { learn(median, spread) }
    guard windowCount > 0 else { return false }
    if isOwnChange, abs(median - meanLog) < Self.ownShift {
      meanLog = median
      return false
    }
    // The standard error of a median is about 1.25 times that of a mean.
    let error = max(1.25 * max(meanSpread, spread) / Double(values.count).squareRoot(), Self.floor)
    let distance = (median - meanLog) / (error * (1 + 1 / Double(windowCount)).squareRoot())
    let step = min(max(distance, -Self.cap), Self.cap)
    upper = max(0, upper + step - Self.reference)
    lower = max(0, lower - step - Self.reference)
    onset = upper == 0 && lower == 0 ? 0 : onset + 1
    return max(upper, lower) > Self.threshold
  }

  private mutating func learn(_ median: Double, _ spread: Double) {
    windowCount += 1
    meanLog += (median - meanLog) / Double(windowCount)
    meanSpread += (spread - meanSpread) / Double(windowCount)
  }

  private static func log(_ value: Double) -> Double { Foundation.log(value) }
}
