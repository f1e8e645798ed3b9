import FeederCore

import Foundation

/// Measures how long a run has made no progress, and decides whether that is too long.
///
/// The limit is ten times the median step, but at least `least` seconds. Before the first step it is ten times `least`.
package struct Quiet: Sendable {
  private static let factor = 10.0
  private static let keptSteps = 64

  private let least: Double
  /// Seconds without progress. Time in which the process was stopped does not count.
  private var seconds = 0.0
  private var lastStep: ContinuousClock.Instant?
  /// Seconds of the latest steps, a ring buffer.
  private var steps: [Double] = []
  private var nextPlace = 0
  private var phaseCount = 0

  /// Allows at least `least` seconds without progress.
  package init(least: Double) { self.least = least }

  /// Notes progress other than a step.
  package mutating func noteNews() {
    seconds = 0
    lastStep = nil
  }

  /// Notes a step that ended at `now`.
  package mutating func noteStep(at now: ContinuousClock.Instant = .now) {
    seconds = 0
    defer { lastStep = now }
    guard let lastStep else { return }
    let taken = (now - lastStep) / .seconds(1)
    if steps.count < Self.keptSteps {
      steps.append(taken)
    } else {
      steps[nextPlace] = taken
    }
    nextPlace = (nextPlace + 1) % Self.keptSteps
  }

  /// Adds `passed` seconds. `phaseCount` is the number of phases that the run has begun so far. Returns a text with the
  /// time without progress if that is too long, else nil.
  package mutating func stuck(after passed: Double, phaseCount: Int) -> String? {
    // A new phase counts as progress, because losses are reported one step late, and not at all during a checkpoint.
    seconds = phaseCount == self.phaseCount ? seconds + passed : 0
    self.phaseCount = phaseCount
    let median = steps.isEmpty ? nil : FeederCore.median(of: steps)
    guard seconds > median.map({ max(Self.factor * $0, least) }) ?? Self.factor * least else { return nil }
    let usual = median.map { String(format: "a step usually takes %.2f s", $0) } ?? "before the first step"
    return String(format: "nothing was done for %.0f s, ", seconds) + usual
  }
}
