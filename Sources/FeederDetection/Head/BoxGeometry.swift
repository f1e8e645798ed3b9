import FeederTorch

/// Boxes as tensors [..., 4]: overlaps, and conversion between distances and corners. The functions throw `EngineError`
/// if an operator fails.
package enum BoxGeometry {
  private static let epsilon = 1e-7

  /// Plain and complete intersection over union of corner boxes [..., 4], which broadcast against each other; [..., 1]
  /// each.
  ///
  /// CIoU (Zheng et al., "Enhancing geometric factors", 2020) includes centre distance and aspect ratio. No gradient
  /// passes through its weight alpha. As in the reference, epsilon is added to heights but not to widths. Not clamped.
  package static func overlaps(_ first: Tensor, _ second: Tensor) throws -> (iou: Tensor, ciou: Tensor) {
    let a = try first.split([1, 1, 1, 1], along: -1)
    let b = try second.split([1, 1, 1, 1], along: -1)
    let (w1, h1) = (try a[2] - a[0], try a[3] - a[1] + epsilon)
    let (w2, h2) = (try b[2] - b[0], try b[3] - b[1] + epsilon)
    let overlapWidth = try (a[2].minimum(b[2]) - a[0].maximum(b[0])).clamp(min: 0)
    let overlapHeight = try (a[3].minimum(b[3]) - a[1].maximum(b[1])).clamp(min: 0)
    let intersection = try overlapWidth * overlapHeight
    let iou = try intersection / (w1 * h1 + w2 * h2 - intersection + epsilon)
    let spanWidth = try a[2].maximum(b[2]) - a[0].minimum(b[0])
    let spanHeight = try a[3].maximum(b[3]) - a[1].minimum(b[1])
    let diagonal = try spanWidth.pow(2) + spanHeight.pow(2) + epsilon
    let dx = try b[0] + b[2] - a[0] - a[2]
    let dy = try b[1] + b[3] - a[1] - a[3]
    let distance = try (dx.pow(2) + dy.pow(2)) * 0.25
    let aspect = try ((w2 / h2).atan() - (w1 / h1).atan()).pow(2) * (4 / (Double.pi * Double.pi))
    let weight = try withoutGradients { try aspect / (aspect - iou + (1 + epsilon)) }
    return (iou, try iou - (distance / diagonal + aspect * weight))
  }

  /// Corners [..., A, 4] from `distances` [..., A, 4] (left, top, right, bottom) around `points` [A, 2].
  package static func corners(distances: Tensor, points: Tensor) throws -> Tensor {
    let sides = try distances.split([2, 2], along: -1)
    return try .concatenated([points - sides[0], points + sides[1]], along: -1)
  }

  /// Distances [..., 4] from `points` [..., 2] to the sides of `corners` [..., 4], clamped to the range of `binCount`
  /// bins.
  package static func distances(corners: Tensor, points: Tensor, binCount: Int) throws -> Tensor {
    let ends = try corners.split([2, 2], along: -1)
    return try Tensor.concatenated([points - ends[0], ends[1] - points], along: -1)
      .clamp(min: 0, max: Double(binCount) - 1 - 0.01)
  }
}
