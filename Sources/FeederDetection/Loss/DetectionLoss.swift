import FeederTorch

/// One box to learn: its image in the batch, its class, and centre, width and height as shares of the image.
package struct TargetBox: Sendable {
  /// The image's place in the batch.
  package let imageIndex: Int
  /// Class, counted from 0.
  package let classID: Int
  /// Centre x and y, 0 to 1.
  package let center: (x: Float, y: Float)
  /// Width and height, 0 to 1.
  package let extent: (width: Float, height: Float)

  /// A box by its centre and size, as shares of the image.
  package init(imageIndex: Int, classID: Int, x: Float, y: Float, width: Float, height: Float) {
    self.imageIndex = imageIndex
    self.classID = classID
    center = (x, y)
    extent = (width, height)
  }

  /// The same box on another image.
  package func moved(to imageIndex: Int) -> TargetBox {
    TargetBox(
      imageIndex: imageIndex, classID: classID, x: center.x, y: center.y, width: extent.width, height: extent.height)
  }
}

/// The loss of YOLOv8: CIoU for boxes, binary cross entropy with soft targets for classes, distribution focal loss for
/// box sides.
package struct DetectionLoss {
  /// Weights of box, class and distribution loss in the sum, as published.
  package static let gains = [7.5, 0.5, 1.5]

  /// The loss of one batch.
  package struct Value {
    /// The sum of the three losses times the number of images: the start of backward. One element.
    package let total: Tensor
    /// Box, class and distribution loss with their gains, [3], without gradient.
    package let items: Tensor
    /// The three losses times the number of images, [3], with gradient.
    package let itemsTimesBatch: Tensor
  }

  private let assigner: TaskAlignedAssigner

  /// A loss that assigns boxes by the rule `variant`.
  package init(variant: TaskAlignedAssigner.Variant = .widened) {
    assigner = TaskAlignedAssigner(variant)
  }

  /// The loss of `output` for images of `height` x `width` pixels with the boxes `targets`. Computed in float32.
  ///
  /// `normalizer` gets the sum of these images' class targets, a tensor with one element, and returns the divisor of
  /// the losses: by default the sum, at least 1, for images that are the whole batch. Throws `EngineError` if an
  /// operator fails.
  package func callAsFunction(
    _ output: HeadOutput, anchors: Anchors, targets: [TargetBox], height: Int, width: Int,
    normalizer: (_ targetSum: Tensor) throws -> Tensor = Self.ownNormalizer
  ) throws -> Value {
    let device = output.boxLogits.device
    let batchCount = output.boxLogits.extent(0)
    let truth = try Self.truth(targets, batchCount: batchCount, height: height, width: width).to(device)
    let boxes = try output.boxes(anchors)
    let classLogits = try output.classLogits.transposed(1, 2)
    let assignment = try withoutGradients {
      try assigner(
        scores: classLogits.detach().sigmoid(), boxes: boxes.detach() * anchors.strides,
        points: anchors.points * anchors.strides, strides: anchors.levelStrides, truth: truth)
    }
    let normalizer = try normalizer(assignment.scores.sum())
    let classLoss = try classLogits.binaryCrossEntropy(targets: assignment.scores).sum() / normalizer
    let (boxLoss, sideLoss) = try boxLosses(output, boxes, assignment, truth, anchors, normalizer)
    let gains = try Tensor(Self.gains.map { Float($0) }, shape: [3]).to(device)
    let items = try Tensor.stacked([boxLoss, classLoss, sideLoss], along: 0) * gains
    let scaled = try items * Double(batchCount)
    return Value(total: try scaled.sum(), items: try items.detach(), itemsTimesBatch: scaled)
  }

  /// The divisor of a whole batch: the sum, at least 1. Throws `EngineError` if the operator fails.
  package static func ownNormalizer(_ targetSum: Tensor) throws -> Tensor { try targetSum.clamp(min: 1) }

  private func boxLosses(
    _ output: HeadOutput, _ boxes: Tensor, _ assignment: Assignment, _ truth: BatchTruth, _ anchors: Anchors,
    _ normalizer: Tensor
  ) throws -> (box: Tensor, side: Tensor) {
    let (b, a) = (boxes.extent(0), boxes.extent(1))
    let rows = try assignment.isPositive.reshaped([-1]).nonzero().squeezed(1)
    guard rows.count > 0 else {
      let zero = try output.boxLogits.sum() * 0
      return (zero, zero)
    }
    func positives(_ tensor: Tensor) throws -> Tensor {
      try tensor.expanded([b, a, tensor.extent(-1)]).reshaped([b * a, tensor.extent(-1)]).selected(0, rows)
    }
    let weight = try positives(assignment.scores.sum([2], keep: true))
    let truthBoxes = try truth.boxes.gathered(1, assignment.truthIndex.unsqueezed(2).expanded([-1, -1, 4]))
    let wanted = try positives(truthBoxes / anchors.strides)
    let overlap = try BoxGeometry.overlaps(positives(boxes), wanted).ciou
    let boxLoss = try ((overlap * -1 + 1) * weight).sum() / normalizer
    let distances = try BoxGeometry.distances(
      corners: wanted, points: positives(anchors.points.unsqueezed(0)), binCount: output.binCount)
    let logits = try positives(output.boxLogits.transposed(1, 2)).reshaped([-1, output.binCount])
    let sideLoss = try (Self.distributionLoss(logits, distances: distances) * weight).sum() / normalizer
    return (boxLoss, sideLoss)
  }

  /// Distribution focal loss [n, 1], the mean over four sides, of `logits` [n x 4, bins] for `distances` [n, 4] below
  /// the last bin. The two bins next to a distance share its probability; the nearer one gets more. Throws
  /// `EngineError` if an operator fails.
  package static func distributionLoss(_ logits: Tensor, distances: Tensor) throws -> Tensor {
    let target = try distances.reshaped([-1, 1])
    let left = try target.floor()
    let logShares = try logits.logSoftmax(1)
    let leftBin = try left.to(.int64)
    let rightWeight = try target - left
    let leftShare = try logShares.gathered(1, leftBin) * (rightWeight * -1 + 1)
    let rightShare = try logShares.gathered(1, leftBin + 1) * rightWeight
    return try -(leftShare + rightShare).reshaped([-1, 4]).mean([1], keep: true)
  }

  /// The boxes in pixels, padded to the image with the most boxes: [B, M, 4] corners on the CPU. Throws `EngineError`
  /// if memory is missing.
  package static func truth(_ targets: [TargetBox], batchCount: Int, height: Int, width: Int) throws -> BatchTruth {
    var counts = [Int](repeating: 0, count: batchCount)
    for target in targets {
      precondition(target.imageIndex >= 0 && target.imageIndex < batchCount, "a box of image \(target.imageIndex)")
      counts[target.imageIndex] += 1
    }
    let most = counts.max() ?? 0
    var boxes = [Float](repeating: 0, count: batchCount * most * 4)
    var labels = [Int64](repeating: 0, count: batchCount * most)
    var mask = [UInt8](repeating: 0, count: batchCount * most)
    var next = [Int](repeating: 0, count: batchCount)
    for target in targets {
      let row = target.imageIndex * most + next[target.imageIndex]
      next[target.imageIndex] += 1
      labels[row] = Int64(target.classID)
      mask[row] = 1
      let (w, h) = (Float(width), Float(height))
      let (x, y) = (target.center.x * w, target.center.y * h)
      let (halfWidth, halfHeight) = (target.extent.width * w / 2, target.extent.height * h / 2)
      boxes.replaceSubrange(
        row * 4..<row * 4 + 4, with: [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight])
    }
    return BatchTruth(
      boxes: try Tensor(boxes, shape: [batchCount, most, 4]), labels: try Tensor(labels, shape: [batchCount, most]),
      mask: try Tensor(mask, shape: [batchCount, most]).to(.bool))
  }
}

extension BatchTruth {
  /// The same truth on `device`. Throws `EngineError` if memory is missing.
  func to(_ device: Device) throws -> BatchTruth {
    guard device != .cpu else { return self }
    return BatchTruth(boxes: try boxes.to(device), labels: try labels.to(device), mask: try mask.to(device))
  }
}
