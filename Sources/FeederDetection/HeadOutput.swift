import FeederTorch

/// The head's logits with all levels side by side: boxes [B, 64, A] and classes [B, C, A], as float32.
package struct HeadOutput {
  /// Distributions over 16 bins for the sides left, top, right, bottom: channel = side x 16 + bin.
  package let boxLogits: Tensor
  /// One logit a class.
  package let classLogits: Tensor

  /// Joins raw `levels` [B, 64 + C, h, w]. Half precision ends here: decoding and loss are float32.
  package init(levels: [Tensor]) throws {
    let flat = try levels.map { try $0.reshaped([$0.extent(0), $0.extent(1), $0.extent(2) * $0.extent(3)]) }
    let all = try Tensor.concatenated(flat, along: 2).to(.float32)
    let boxCount = 4 * DetectionHead.binCount
    let parts = try all.split([boxCount, all.extent(1) - boxCount], along: 1)
    (boxLogits, classLogits) = (parts[0], parts[1])
  }

  /// Logits that are already side by side.
  package init(boxLogits: Tensor, classLogits: Tensor) {
    self.boxLogits = boxLogits
    self.classLogits = classLogits
  }

  /// Distances [B, 4, A] in grid units: the mean of each side's distribution over the bins 0 to 15.
  package func distances() throws -> Tensor {
    let (b, a) = (boxLogits.extent(0), boxLogits.extent(2))
    let bins = try Tensor.range(DetectionHead.binCount, device: boxLogits.device)
    let shares = try boxLogits.reshaped([b, 4, DetectionHead.binCount, a]).softmax(2)
    return try (shares * bins.reshaped([1, 1, -1, 1])).sum([2])
  }

  /// Boxes [B, A, 4] as corners in grid units.
  package func boxes(_ anchors: Anchors) throws -> Tensor {
    try BoxGeometry.corners(distances: distances().transposed(1, 2), points: anchors.points)
  }

  /// Predictions [B, 4 + C, A]: centre, width and height in pixels, then class probabilities.
  package func predictions(_ anchors: Anchors) throws -> Tensor {
    let corners = try (boxes(anchors) * anchors.strides).split([2, 2], along: 2)
    let parts = [try (corners[0] + corners[1]) * 0.5, try corners[1] - corners[0]]
    return try .concatenated(parts.map { try $0.transposed(1, 2) } + [classLogits.sigmoid()], along: 1)
  }
}
