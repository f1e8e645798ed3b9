import FeederDetection
import FeederTorch

/// The device's part of a run: model, loss, optimizer and EMA, one batch at a time.
package final class TrainingStep {
  /// The network that is trained.
  package let model: DetectionNetwork
  /// The network with the EMA of its weights, which is validated and saved.
  package let averagedModel: DetectionNetwork
  /// Batches whose gradients wait for the next update.
  package private(set) var pendingCount = 0

  /// Cuts batches if memory runs out.
  package let parts: BatchParts

  let optimizer: Optimizer
  let average: WeightAverage
  let scaler: LossScaler?
  private let loss = DetectionLoss()
  private let autocastType: ElementType?
  private let device: Device
  let undo: StepUndo
  private let sharing = CoreSharing(threadCount: Engine.threadCount)
  private let batchCounters: [Tensor]
  private let ranks: Ranks?
  private let reduction: GradientReduction?
  private let runningStatistics: [Tensor]
  private let syncsNorms: Bool
  private var anchors: [AnchorKey: Anchors] = [:]

  private struct AnchorKey: Hashable {
    let height: Int
    let width: Int
  }

  /// A step that trains `model` with the optimizer `rule`. With `ranks`, gradients are summed over all ranks;
  /// `syncsNorms` also shares the norms' statistics. Throws `EngineError`, or `TrainingError.rankLost`.
  package init(
    model: DetectionNetwork, rule: OptimizerRule, weightDecay: Double, precision: Precision, device: Device,
    seed: UInt64,
    ranks: Ranks? = nil, syncsNorms: Bool = false
  ) throws {
    self.model = model
    averagedModel = try DetectionNetwork(model.design, classCount: model.classCount, seed: seed, device: device)
    for entry in model.state where entry.kind.isLearned { try entry.tensor.setRequiresGradient() }
    optimizer = try Optimizer(rule, state: model.state, weightDecay: weightDecay)
    average = try WeightAverage(averagedModel.state, of: model.state)
    let policy = PrecisionPolicy(precision, on: device)
    try policy.adopt()
    autocastType = policy.autocastType
    scaler = policy.scalesLoss ? try LossScaler(device: device) : nil
    batchCounters = model.state.filter { $0.kind == .counter }.map(\.tensor)
    self.device = device
    parts = BatchParts(
      of: "a training step", on: device,
      consequence: "; the update still uses the whole batch, but batch norm sees one part at a time")
    undo = try StepUndo(model.state)
    self.ranks = ranks
    self.syncsNorms = syncsNorms
    runningStatistics = model.state.filter { $0.kind == .runningStatistic }.map(\.tensor)
    let parameters = optimizer.parameters
    reduction = try ranks.map { try GradientReduction(parameters, over: $0.group, link: $0.link) }
    if ranks != nil {
      // The other ranks would not take part in the joint work of a part.
      parts.maySplit = false
    }
    if syncsNorms { model.shareStatistics(over: ranks?.group) }
  }

  /// The anchors for an input of `height` x `width` pixels, made once per size.
  func anchors(height: Int, width: Int) throws -> Anchors {
    let key = AnchorKey(height: height, width: width)
    if let known = anchors[key] { return known }
    let made = try Anchors(model.design.strides, height: height, width: width, device: device)
    anchors[key] = made
    return made
  }

  /// Adds the gradients of one batch, `images` [B, 3, H, W] from 0 to 1. Returns box, class and distribution loss [3],
  /// still on the device.
  ///
  /// If memory runs out, the batch is repeated in parts. They give the same gradients, except through batch norm's
  /// statistics. The state behind `gate` is lent while `undo.settled`, weights and optimizer do not change. Throws
  /// `TrainingError.outOfMemory`, `TrainingError.rankLost` or `EngineError`.
  package func accumulate(_ images: Tensor, targets: [TargetBox], gate: CheckpointGate? = nil) throws -> Tensor {
    sharing.look()
    let scope = StepScope(parts: parts, undo: undo, gate: gate, ranks: ranks)
    let items = try scope.run(images.extent(0)) { ranges, learned in
      if let ranks, let reduction { return try gradients(ofRanks: ranks, reduction, images, targets) }
      if ranges.count > 1 { return try gradients(ofParts: ranges, images, targets, learned) }
      return try gradients(ofWhole: images, targets)
    }
    pendingCount += 1
    return items
  }

  private func gradients(ofWhole images: Tensor, _ targets: [TargetBox]) throws -> Tensor {
    let value = try forward(images, targets, normalizer: DetectionLoss.ownNormalizer)
    try backward(value.total)
    return value.items
  }

  /// The training loss of a batch, in the step's precision or in float32.
  func forward(
    _ images: Tensor, _ targets: [TargetBox], inFloat32: Bool = false,
    normalizer: (Tensor) throws -> Tensor = DetectionLoss.ownNormalizer
  ) throws -> DetectionLoss.Value {
    let (height, width) = (images.extent(2), images.extent(3))
    let levels = try withAutocast(inFloat32 ? nil : autocastType, on: device) { try model(images, training: true) }
    try Foreach.add(batchCounters, 1)
    return try loss(
      HeadOutput(levels: levels, classCount: model.classCount), anchors: anchors(height: height, width: width),
      targets: targets, height: height,
      width: width, normalizer: normalizer)
  }

  func backward(_ total: Tensor) throws { try (scaler?.scaled(total) ?? total).backward() }

  /// The losses are divided by the sum of class targets, which is known only after the last part. Until then the number
  /// of boxes replaces it: this keeps half precision in its range, and the gradients are corrected at the end.
  private func gradients(
    ofParts ranges: [Range<Int>], _ images: Tensor, _ targets: [TargetBox], _ learned: [Tensor]
  ) throws -> Tensor {
    let provisional = try Tensor.full([], Double(max(targets.count, 1)), device: device)
    var targetSum = try Tensor.zeros([], device: device)
    var items = try Tensor.zeros([3], device: device)
    for (range, part) in zip(ranges, try images.split(ranges.map(\.count), along: 0)) {
      let own = targets.filter { range.contains($0.imageIndex) }.map { $0.moved(to: $0.imageIndex - range.lowerBound) }
      let value = try forward(part, own) { sum in
        targetSum = try targetSum + sum
        return provisional
      }
      items = try items + value.items
      try backward(value.total * (Double(images.extent(0)) / Double(range.count)))
    }
    let correction = try provisional / DetectionLoss.ownNormalizer(targetSum)
    try withoutGradients { try Foreach.multiply(learned.compactMap { try $0.gradient() }, by: correction) }
    return try items * correction
  }

  /// The batch of all ranks together; `images` are this rank's share and may be empty. The losses are divided by the
  /// class targets of all ranks and multiplied by the number of their images. So the sum of all gradients is the
  /// gradient of the whole batch.
  private func gradients(
    ofRanks ranks: Ranks, _ reduction: GradientReduction, _ images: Tensor, _ targets: [TargetBox]
  ) throws -> Tensor {
    let ownCount = images.extent(0)
    let count = try ranks.sum(ownCount)
    func normalizer(_ ownSum: Tensor) throws -> Tensor {
      let sum = try ownSum.detach() * 1
      try ranks.group.sum(sum)
      return try DetectionLoss.ownNormalizer(sum)
    }
    reduction.begin()
    var items = try Tensor.zeros([3], device: device)
    if ownCount > 0 || syncsNorms {
      let value = try forward(images, targets, normalizer: normalizer)
      items = try value.items * 1
      try backward(value.total * (Double(count) / Double(max(ownCount, 1))))
    } else {
      _ = try normalizer(Tensor.zeros([], device: device))
      try Foreach.add(batchCounters, 1)
    }
    try reduction.finish()
    if !syncsNorms { try ranks.averageStatistics(runningStatistics) }
    try ranks.group.sum(items)
    return items
  }

  /// One update from the accumulated gradients: unscale, clip, optimize, update the EMA. With loss scaling, skips the
  /// weights if gradients are not finite. Returns the norm of the gradients before clipping, still on the device; nil
  /// if the update was skipped. Throws `EngineError`.
  @discardableResult
  package func update(_ point: LearningRateSchedule.Point) throws -> Tensor? {
    let isSkipped = try scaler?.unscale(optimizer.parameters.compactMap { try $0.gradient() }) ?? false
    var gradientNorm: Tensor?
    if !isSkipped {
      gradientNorm = try optimizer.clipGradients(to: RunPlan.gradientNorm)
      try optimizer.step(point)
    }
    try scaler?.update()
    try optimizer.clearGradients()
    pendingCount = 0
    try average.update()
    return gradientNorm
  }

  /// Continues from these counts. The caller has restored the tensors and pending gradients.
  func restore(pending: Int, optimizerUpdates: Int, averageUpdates: Int) {
    pendingCount = pending
    optimizer.restore(updateCount: optimizerUpdates)
    average.updateCount = averageUpdates
  }
}
