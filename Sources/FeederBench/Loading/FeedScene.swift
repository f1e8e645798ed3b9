import FeederCache
import Foundation

/// What happens to loader and consumer during `feeder bench feed`: one phase, or two with a change between them, and pauses.
package struct FeedScene {
  /// What holds during a phase.
  package struct Conditions {
    /// Seconds that the consumer holds each batch.
    var stepSeconds: Double
    /// Bytes a second of the storage; 0 for what it can.
    var bytesPerSecond: Int
    /// How many times each image is decoded.
    var decodeCount: Int

    /// All of it.
    package init(stepSeconds: Double, bytesPerSecond: Int, decodeCount: Int) {
      self.stepSeconds = stepSeconds
      self.bytesPerSecond = bytesPerSecond
      self.decodeCount = decodeCount
    }
  }

  /// Steps in all.
  let stepCount: Int
  /// The phases: first step and conditions, the first from step 0.
  let phases: [(firstStep: Int, conditions: Conditions)]
  /// Seconds of a standstill of production, and after how many steps again; nil for never.
  let pause: (seconds: Double, steps: Int)?
  /// The storage.
  let throttle = StorageThrottle(bytesPerSecond: 0)
  /// The images behind the storage.
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

  /// Sets what holds at `step` and returns the seconds to hold its batch; with `phase` its conditions hold at every step.
  package func enter(step: Int, phase: Int? = nil) -> Double {
    let index = phase ?? (phases.lastIndex { $0.firstStep <= step }) ?? 0
    let conditions = phases[index].conditions
    throttle.bytesPerSecond = conditions.bytesPerSecond
    source.decodeCount = conditions.decodeCount
    if let pause, step > 0, step % pause.steps == 0 { source.standStill(seconds: pause.seconds) }
    return conditions.stepSeconds
  }
}
