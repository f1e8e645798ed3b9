import FeederTuning

/// What the simulated machine and device are like during a part of a run.
package struct Conditions: Sendable, Equatable {
  /// Seconds the device needs for a step.
  package var stepSeconds: Double
  /// Bytes a second that the storage delivers, to all workers together.
  package var storageRate: Double
  /// Factor on the scenario's decode seconds.
  package var decodeFactor = 1.0
  /// Cores left for the workers.
  package var cores: Double

  /// Conditions by what usually differs.
  package init(stepSeconds: Double, storageRate: Double, cores: Double, decodeFactor: Double = 1) {
    self.stepSeconds = stepSeconds
    self.storageRate = storageRate
    self.cores = cores
    self.decodeFactor = decodeFactor
  }
}

/// A part of a run with the same conditions, from a step of the consumer on.
package struct Phase: Sendable, Equatable {
  /// The consumer's step at which it begins.
  package var firstStep: Int
  /// What holds in it.
  package var conditions: Conditions
  /// The verdict that is right at its end.
  package var stage: LimitingStage

  /// A phase by its fields.
  package init(firstStep: Int, conditions: Conditions, stage: LimitingStage) {
    self.firstStep = firstStep
    self.conditions = conditions
    self.stage = stage
  }
}

/// One situation that a tuner must master.
package struct Scenario: Sendable {
  /// A letter, with a mark for variations.
  package var name: String
  /// What happens, in a few words.
  package var title: String
  /// Images a batch.
  package var batch = 16
  /// Cores of the machine; the most workers that are tried.
  package var cores = 8
  /// Mean bytes of an image.
  package var imageBytes = 100_000.0
  /// Mean seconds of decoding an image.
  package var decodeSeconds: Double
  /// Mean seconds of augmenting an image.
  package var augmentSeconds: Double
  /// Squared variation of a batch's mean cost.
  package var batchVariation: Double
  /// Squared variation of an image's cost around its batch's mean.
  package var imageVariation = 0.1
  /// Seconds that the storage stands still, and after how many batches again; nil for never.
  package var pause: (seconds: Double, batches: Int)?
  /// Seconds that a read takes beside its share of the storage's rate; reads do not wait for each other in it.
  package var readLatency = 0.0
  /// Bytes of a slot: 16 x 3 x 640 x 640 by default.
  package var slotByteCount = 19_660_800
  /// Bytes of a worker's scratch.
  package var scratchByteCount = 1_500_000
  /// Bytes in all; nil for no limit.
  package var byteBudget: Int?
  /// Steps of the run.
  package var stepCount = 2000
  /// The parts of the run, the first from step 0.
  package var phases: [Phase]
  /// The most regret that is accepted, as a share.
  package var regretBar: Double

  /// Within what a tuner chooses.
  package var limits: TuningLimits {
    TuningLimits(
      batch: batch, workers: 1...cores, slotByteCount: slotByteCount, scratchByteCount: scratchByteCount,
      byteBudget: byteBudget)
  }

  /// The phase of a step.
  package func phaseIndex(ofStep step: Int) -> Int { (phases.lastIndex { $0.firstStep <= step }) ?? 0 }

  /// The steps of a phase.
  package func steps(ofPhase index: Int) -> Range<Int> {
    let end = index + 1 < phases.count ? phases[index + 1].firstStep : stepCount
    return phases[index].firstStep..<max(end, phases[index].firstStep)
  }
}
