import FeederCache
import Foundation

/// The conditions of `feeder bench feed` over time: one phase, or two with a change between them, and pauses.
package struct FeedScene {
  /// The conditions of a phase.
  package struct Conditions {
    /// Seconds that the consumer holds each batch.
    var stepSeconds: Double
    /// Bytes per second of the storage; 0 for no limit.
    var bytesPerSecond: Int
    /// Number of times that each image is decoded.
    var decodeCount: Int

    /// Conditions with these values.
    package init(stepSeconds: Double, bytesPerSecond: Int, decodeCount: Int) {
      self.stepSeconds = stepSeconds
      self.bytesPerSecond = bytesPerSecond
      self.decodeCount = decodeCount
    }
  }

  /// Number of steps.
  let stepCount: Int
  /// The phases, each with its first step. The first phase starts at step 0.
  let phases: [(firstStep: Int, conditions: Conditions)]
  /// Seconds of a pause of all production, and the number of steps between pauses; nil for no pauses.
  let pause: (seconds: Double, steps: Int)?
  /// The storage's limit.
  let throttle = StorageThrottle(bytesPerSecond: 0)
  /// The images, read through `throttle`.
  package let source: DisturbedSource

  /// A scene over the images of `source`.
  package init(
    _ source: any ImageSource, stepCount: Int, phases: [(firstStep: Int, conditions: Conditions)],
    pause: (seconds: Double, steps: Int)?
  ) {
    precondition(phases.first?.firstStep == 0, "a scene has a beginning")
    self.stepCount = stepCount
    self.phases = phases
    self.pause = pause
    self.source = DisturbedSource(ThrottledSource(source, throttle))
  }

  /// The steps of a phase.
  func steps(ofPhase index: Int) -> Range<Int> {
    let end = index + 1 < phases.count ? phases[index + 1].firstStep : stepCount
    return phases[index].firstStep..<max(end, phases[index].firstStep)
  }

  /// Sets the conditions of `step`, or of `phase` if given. Returns the seconds to hold the step's batch.
  package func enter(step: Int, phase: Int? = nil) -> Double {
    let index = phase ?? (phases.lastIndex { $0.firstStep <= step }) ?? 0
    let conditions = phases[index].conditions
    throttle.bytesPerSecond = conditions.bytesPerSecond
    source.decodeCount = conditions.decodeCount
    if let pause, step > 0, step % pause.steps == 0 { source.standStill(seconds: pause.seconds) }
    return conditions.stepSeconds
  }
}
