import FeederCore

import Foundation

/// How long a run has done nothing, and whether that is too long.
///
/// Something has to happen within ten times the median step, and at least within the seconds given; before the first step within ten
/// times those.
package struct Quiet: Sendable {
  private static let factor = 10.0
  private static let keptSteps = 64

  private let least: Double
  /// Seconds without news, as this process lived them.
  private var seconds = 0.0
  private var lastStep: ContinuousClock.Instant?
  /// The latest steps' seconds, the oldest overwritten first.
  private var steps: [Double] = []
  private var nextPlace = 0
  private var phaseCount = 0

  /// Nothing is too long below `least` seconds.
  package init(least: Double) { self.least = least }

  /// Something was done, but no step.
  package mutating func noteNews() {
    seconds = 0
    lastStep = nil
  }

  /// A step was done at `now`.
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

  /// Lets so many seconds pass; `phaseCount` phases of the run have begun until now. For how long nothing was done, in words, where that
  /// is too long; else nil.
  package mutating func stuck(after passed: Double, phaseCount: Int) -> String? {
    // Losses are told of a step late, and not at all while a checkpoint is written: a phase that begins is news too.
    seconds = phaseCount == self.phaseCount ? seconds + passed : 0
    self.phaseCount = phaseCount
    let median = steps.isEmpty ? nil : FeederCore.median(of: steps)
    guard seconds > median.map({ max(Self.factor * $0, least) }) ?? Self.factor * least else { return nil }
    let usual = median.map { String(format: "where a step takes %.2f s", $0) } ?? "before the first step"
    return String(format: "nothing was done for %.0f s, ", seconds) + usual
  }
}
