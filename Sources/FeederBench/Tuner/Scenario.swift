import FeederTuning

/// The simulated machine and device during a part of a run.
package struct Conditions: Sendable, Equatable {
  /// Seconds the device needs for a step.
  package var stepSeconds: Double
  /// Bytes per second that the storage delivers to all workers together.
  package var storageRate: Double
  /// Factor on the scenario's decode seconds.
  package var decodeFactor = 1.0
  /// Cores available to the workers.
  package var cores: Double

  /// Conditions with these values.
  package init(stepSeconds: Double, storageRate: Double, cores: Double, decodeFactor: Double = 1) {
    self.stepSeconds = stepSeconds
    self.storageRate = storageRate
    self.cores = cores
    self.decodeFactor = decodeFactor
  }
}

/// A part of a run with constant conditions.
package struct Phase: Sendable, Equatable {
  /// The consumer's step at which the phase starts.
  package var firstStep: Int
  /// The conditions of the phase.
  package var conditions: Conditions
  /// The correct verdict at the end of the phase.
  package var stage: LimitingStage

  /// A phase with these values.
  package init(firstStep: Int, conditions: Conditions, stage: LimitingStage) {
    self.firstStep = firstStep
    self.conditions = conditions
    self.stage = stage
  }
}

/// One situation that a tuner must handle.
package struct Scenario: Sendable {
  /// A letter, with a mark for variations.
  package var name: String
  /// A short description.
  package var title: String
  /// Images per batch.
  package var batch = 16
  /// Cores of the machine, and the most workers that are tried.
  package var cores = 8
  /// Mean bytes per image.
  package var imageBytes = 100_000.0
  /// Mean seconds to decode an image.
  package var decodeSeconds: Double
  /// Mean seconds to augment an image.
  package var augmentSeconds: Double
  /// Squared variation of a batch's mean cost.
  package var batchVariation: Double
  /// Squared variation of an image's cost around its batch's mean.
  package var imageVariation = 0.1
  /// Seconds of a pause of the storage, and the number of batches between pauses; nil for no pauses.
  package var pause: (seconds: Double, batches: Int)?
  /// Seconds that a read takes in addition to its share of the storage's rate. Reads wait for it in parallel.
  package var readLatency = 0.0
  /// Bytes of a slot: 16 x 3 x 640 x 640 by default.
  package var slotByteCount = 19_660_800
  /// Bytes of a worker's working memory.
  package var scratchByteCount = 1_500_000
  /// Byte budget; nil for no limit.
  package var byteBudget: Int?
  /// Number of steps.
  package var stepCount = 2000
  /// The parts of the run. The first starts at step 0.
  package var phases: [Phase]
  /// The most regret that is accepted, as a share.
  package var regretBar: Double

  /// The limits within which a tuner chooses.
  package var limits: TuningLimits {
    TuningLimits(
      batch: batch, workers: 1...cores, slotByteCount: slotByteCount, scratchByteCount: scratchByteCount,
      byteBudget: byteBudget)
  }

  /// The number of the phase that contains `step`.
  package func phaseIndex(ofStep step: Int) -> Int { (phases.lastIndex { $0.firstStep <= step }) ?? 0 }

  /// The steps of a phase.
  package func steps(ofPhase index: Int) -> Range<Int> {
    let end = index + 1 < phases.count ? phases[index + 1].firstStep : stepCount
    return phases[index].firstStep..<max(end, phases[index].firstStep)
  }
}
