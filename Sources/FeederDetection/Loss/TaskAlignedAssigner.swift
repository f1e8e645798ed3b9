import FeederTorch

/// The labels of a batch, padded to the image with the most boxes: M rows per image, `mask` marks the real ones.
package struct BatchTruth {
  /// Corners in pixels, [B, M, 4].
  package let boxes: Tensor
  /// Classes, Int64 [B, M].
  package let labels: Tensor
  /// True for real boxes, [B, M].
  package let mask: Tensor

  /// Labels from padded tensors.
  package init(boxes: Tensor, labels: Tensor, mask: Tensor) {
    self.boxes = boxes
    self.labels = labels
    self.mask = mask
  }
}

/// The targets of each anchor.
package struct Assignment {
  /// True for anchors with a box, [B, A].
  package let isPositive: Tensor
  /// Index of the anchor's box on its image, Int64 [B, A]; 0 for background.
  package let truthIndex: Tensor
  /// Soft class targets [B, A, C]; all 0 for background.
  package let scores: Tensor
}

/// Task-aligned assignment (Feng et al., "TOOD", 2021): each box takes the ten anchors inside it with the best product
/// of class probability and overlap.
package struct TaskAlignedAssigner: Sendable {
  /// The rule for anchors inside of boxes that are smaller than the grid.
  package enum Variant: Sendable {
    /// The anchor point must be inside the box.
    case classic
    /// Sides shorter than the second stride, 16 px for YOLOv8, are first widened to it, so tiny boxes find anchors (as
    /// in Ultralytics since 8.4).
    case widened
  }

  private static let candidateCount = 10
  private static let scoreExponent = 0.5
  private static let overlapExponent = 6.0
  private static let epsilon = 1e-9

  private let variant: Variant

  /// An assigner with the rule `variant`.
  package init(_ variant: Variant = .widened) { self.variant = variant }

  /// Assigns the anchors at `points` [A, 2] of levels with `strides` to `truth`, from predicted probabilities `scores`
  /// [B, A, C] and corner boxes `boxes` [B, A, 4], all in pixels. No gradient passes. Waits once for the device, for
  /// the list of candidates. Throws `EngineError` if an operator fails.
  package func callAsFunction(
    scores: Tensor, boxes: Tensor, points: Tensor, strides: [Int], truth: BatchTruth
  ) throws -> Assignment {
    try withoutGradients {
      let (b, a, m) = (boxes.extent(0), boxes.extent(1), truth.boxes.extent(1))
      guard m > 0 else {
        let none = try Tensor.zeros([b, a], type: .int64, device: boxes.device)
        return Assignment(isPositive: try none.to(.bool), truthIndex: none, scores: try scores.zerosLike())
      }
      let inside = try candidates(points, truth, leastSide: Double(strides[min(1, strides.count - 1)]))
      let (overlap, metric) = try alignment(inside, scores, boxes, truth)
      let best = try metric.topk(min(Self.candidateCount, a), 2).indices
      var chosen = try metric.zerosLike().scattered(2, best, value: 1) * inside.to(.float32)
      // An anchor that several boxes chose goes to the box with the largest overlap.
      let contested = try chosen.sum([1], keep: true).greater(than: 1)
      let nearest = try overlap.zerosLike().scattered(1, overlap.argmax(1).unsqueezed(1), value: 1)
      chosen = try contested.choose(nearest, chosen)
      let truthIndex = try chosen.argmax(1)
      let isPositive = try chosen.sum([1]).greater(than: 0)
      return Assignment(
        isPositive: isPositive, truthIndex: truthIndex,
        scores: try softTargets(chosen, overlap, metric, truthIndex, isPositive, truth, classCount: scores.extent(2)))
    }
  }

  /// True, [B, M, A], if the anchor point is inside the box by more than epsilon on every side.
  private func candidates(_ points: Tensor, _ truth: BatchTruth, leastSide: Double) throws -> Tensor {
    var boxes = truth.boxes
    if variant == .widened {
      let ends = try boxes.split([2, 2], along: 2)
      let center = try (ends[0] + ends[1]) * 0.5
      let side = try ends[1] - ends[0]
      let half = try side.less(than: leastSide).choose(side.zerosLike() + leastSide, side) * 0.5
      boxes = try .concatenated([center - half, center + half], along: 2)
    }
    let sides = try boxes.unsqueezed(2).split([1, 1, 1, 1], along: 3).map { try $0.squeezed(3) }
    let axes = try points.transposed(0, 1).split([1, 1], along: 0).map { try $0.unsqueezed(0) }
    let nearest = try (axes[0] - sides[0]).minimum(sides[2] - axes[0])
      .minimum((axes[1] - sides[1]).minimum(sides[3] - axes[1]))
    return try nearest.greater(than: Self.epsilon).and(truth.mask.unsqueezed(2))
  }

  /// Overlap (CIoU, at least 0) and alignment of every candidate, [B, M, A]; 0 for all others, which are not computed.
  private func alignment(
    _ inside: Tensor, _ scores: Tensor, _ boxes: Tensor, _ truth: BatchTruth
  ) throws -> (overlap: Tensor, metric: Tensor) {
    let (b, m, a) = (inside.extent(0), inside.extent(1), inside.extent(2))
    let places = try inside.nonzero().split([1, 1, 1], along: 1).map { try $0.squeezed(1) }
    let truthRow = try places[0] * m + places[1]
    let anchorRow = try places[0] * a + places[2]
    let truthBox = try truth.boxes.reshaped([-1, 4]).selected(0, truthRow)
    let box = try boxes.reshaped([-1, 4]).selected(0, anchorRow)
    let label = try truth.labels.reshaped([-1]).selected(0, truthRow)
    let score = try scores.reshaped([-1]).selected(0, anchorRow * scores.extent(2) + label)
    let overlap = try BoxGeometry.overlaps(truthBox, box).ciou.squeezed(1).clamp(min: 0)
    let metric = try score.pow(Self.scoreExponent) * overlap.pow(Self.overlapExponent)
    let place = try truthRow * a + places[2]
    let empty = try Tensor.zeros([b * m * a], device: boxes.device)
    return (
      try empty.scattered(0, place, overlap).reshaped([b, m, a]),
      try empty.scattered(0, place, metric).reshaped([b, m, a])
    )
  }

  /// One-hot classes times alignment, scaled so that the best anchor of a box gets the box's best overlap. [B, A, C].
  private func softTargets(
    _ chosen: Tensor, _ overlap: Tensor, _ metric: Tensor, _ truthIndex: Tensor, _ isPositive: Tensor,
    _ truth: BatchTruth, classCount: Int
  ) throws -> Tensor {
    let kept = try metric * chosen
    let bestMetric = try kept.largest(2, keep: true)
    let bestOverlap = try (overlap * chosen).largest(2, keep: true)
    let share = try (kept * bestOverlap / (bestMetric + Self.epsilon)).largest(1) * isPositive.to(.float32)
    let labels = try truth.labels.gathered(1, truthIndex).unsqueezed(2)
    let empty = try Tensor.zeros([share.extent(0), share.extent(1), classCount], device: share.device)
    return try empty.scattered(2, labels, share.unsqueezed(2))
  }
}
