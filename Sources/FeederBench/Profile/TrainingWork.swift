import FeederDetection
import FeederLoader
import FeederProfiling
import FeederTorch
import FeederTraining

/// A training step as a consumer of batches: forward, loss, backward, clipping, update and average, to the very end.
package struct TrainingWork: RepeatedWork {
  private let step: TrainingStep
  private let device: Device
  private var images: Tensor
  private var targets: [TargetBox]
  private let point = LearningRateSchedule.Point(weightRate: 1e-4, biasRate: 1e-4, momentum: 0.9, accumulation: 1)

  /// A step of fresh weights, with `batch` as its data; the batch stays the caller's.
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

  /// The step with the data that it has.
  package func callAsFunction() throws {
    _ = try step.accumulate(images, targets: targets).array(of: Float.self)
    try step.update(point)
  }

  /// Takes over another batch, and does the step with it.
  mutating func callAsFunction(_ batch: borrowing Batch) throws {
    images = try batch.networkInput(on: device)
    targets = batch.targetBoxes
    try self()
  }
}
