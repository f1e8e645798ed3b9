import FeederDetection
import FeederLoader
import FeederProfiling
import FeederTorch
import FeederTraining

/// A whole training step as a consumer of batches: forward, loss, backward, clipping, update and EMA.
package struct TrainingWork: RepeatedWork {
  private let step: TrainingStep
  private let device: Device
  private var images: Tensor
  private var targets: [TargetBox]
  private let point = LearningRateSchedule.Point(weightRate: 1e-4, biasRate: 1e-4, momentum: 0.9, accumulation: 1)

  /// A step with new weights and the data of `batch`, which it copies. Throws if the device has too little memory.
  package init(
    _ design: ModelDesign, classCount: Int, precision: Precision, device: Device, batch: borrowing Batch
  ) throws {
    self.device = device
    step = try TrainingStep(
      model: DetectionNetwork(design, classCount: classCount, device: device), rule: .adamw, weightDecay: 0.0005,
      precision: precision, device: device, seed: 0)
    images = try batch.networkInput(on: device)
    targets = batch.targetBoxes
  }

  /// Does the step with the current data and waits for the device. Throws what the engine throws.
  package func callAsFunction() throws {
    _ = try step.accumulate(images, targets: targets).array(of: Float.self)
    try step.update(point)
  }

  /// Does the step with the data of another batch. Throws what the engine throws.
  mutating func callAsFunction(_ batch: borrowing Batch) throws {
    images = try batch.networkInput(on: device)
    targets = batch.targetBoxes
    try self()
  }
}
