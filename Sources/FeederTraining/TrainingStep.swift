import FeederDetection
import FeederTorch

/// The part of a run that the device does: model, loss, optimizer and average, moved one batch at a time.
package final class TrainingStep {
  /// The network that learns.
  package let model: YOLOv8
  /// The network that holds the average of its weights: what is validated and saved.
  package let averagedModel: YOLOv8
  /// Batches whose gradients wait for the next update.
  package private(set) var pendingCount = 0

  let optimizer: Optimizer
  let average: WeightAverage
  let scaler: LossScaler?
  private let loss: DetectionLoss
  private let autocastType: ElementType?
  private let device: Device
  private let batchCounters: [Tensor]
  private var anchors: [AnchorKey: Anchors] = [:]

  private struct AnchorKey: Hashable {
    let height: Int
    let width: Int
  }

  /// A step that moves `model` by `rule`. fp16 scales its loss.
  package init(
    model: YOLOv8, rule: OptimizerRule, weightDecay: Double, precision: Precision, device: Device, seed: UInt64
  ) throws {
    self.model = model
    averagedModel = try YOLOv8(model.size, classCount: model.classCount, seed: seed, device: device)
    for entry in model.state where entry.kind.isLearned { try entry.tensor.setRequiresGradient() }
    optimizer = try Optimizer(rule, state: model.state, weightDecay: weightDecay)
    average = try WeightAverage(averagedModel.state, of: model.state)
    autocastType = precision.autocastType(on: device)
    scaler = autocastType == .float16 ? try LossScaler(device: device) : nil
    batchCounters = model.state.filter { $0.kind == .counter }.map(\.tensor)
    loss = DetectionLoss(classCount: model.classCount)
    self.device = device
  }

  /// Anchors of an image size, made once.
  func anchors(height: Int, width: Int) throws -> Anchors {
    let key = AnchorKey(height: height, width: width)
    if let known = anchors[key] { return known }
    let made = try Anchors(height: height, width: width, device: device)
    anchors[key] = made
    return made
  }

  /// Adds the gradients of one batch, `images` [B, 3, H, W] in 0 to 1; returns box, class and distribution loss [3], still on
  /// the device.
  package func accumulate(_ images: Tensor, targets: [TargetBox]) throws -> Tensor {
    let (height, width) = (images.extent(2), images.extent(3))
    let levels = try withAutocast(autocastType, on: device) { try model(images, training: true) }
    let value = try loss(
      HeadOutput(levels: levels), anchors: anchors(height: height, width: width), targets: targets, height: height,
      width: width)
    try (scaler?.scaled(value.total) ?? value.total).backward()
    pendingCount += 1
    try Foreach.add(batchCounters, 1)
    return value.items
  }

  /// One update from the gradients so far: unscale, clip, move, average. With loss scaling, a step whose gradients are not
  /// finite is skipped.
  package func update(_ point: LearningRateSchedule.Point) throws {
    let isSkipped = try scaler?.unscale(optimizer.parameters.compactMap { try $0.gradient() }) ?? false
    if !isSkipped {
      _ = try optimizer.clipGradients(to: TrainingSettings.gradientNorm)
      try optimizer.step(point)
    }
    try scaler?.update()
    try optimizer.clearGradients()
    pendingCount = 0
    try average.update()
  }

  /// Goes on where a run stood; the caller has put tensors and pending gradients back.
  func restore(pending: Int, optimizerUpdates: Int, averageUpdates: Int) {
    pendingCount = pending
    optimizer.restore(updateCount: optimizerUpdates)
    average.updateCount = averageUpdates
  }
}
