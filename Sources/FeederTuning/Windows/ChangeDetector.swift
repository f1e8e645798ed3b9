import Foundation

/// Detects a lasting change of a cost in spite of noise: two-sided CUSUM (Page, "Continuous inspection schemes", 1954)
/// on the logarithm of each window's median.
///
/// A single pause in a window does not move the median. The replay handles pauses.
struct ChangeDetector: Sendable {
  /// Standard errors that a window may deviate before it counts: the reference value of CUSUM.
  private static let reference = 1.0
  /// The sum at which a change is declared: one window far away, or several that deviate in the same direction.
  private static let threshold = 7.0
  /// The largest weight of a window, so that one window declares no more than one change.
  private static let cap = 10.0
  /// The smallest relative change that matters to a setting, however low the noise is.
  private static let floor = 0.05

  /// The shift of the logarithm that a change by the tuner itself explains, through queues, caches and shared cores.
  private static let ownShift = 0.4

  private var windowCount = 0
  private var meanLog = 0.0
  private var meanSpread = 0.0
  private var upper = 0.0
  private var lower = 0.0
  /// Windows since the sum left 0, at which a declared change began.
  private(set) var onset = 0

  /// Forgets all windows.
  mutating func rebase() { self = ChangeDetector() }

  /// Adds one window's values, which must be sorted. True if a lasting change is declared. Values of 0 or less are
  /// ignored.
  ///
  /// `isOwnChange` is true if the tuner has just changed a setting. Then a small shift becomes the new mean.
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
    // The standard error of a median is about 1.25 times the standard error of a mean.
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
