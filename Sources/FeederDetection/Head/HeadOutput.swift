import FeederTorch

/// The head's logits with all levels joined: boxes [B, 4 x bins, A] and classes [B, C, A], as float32. The throwing
/// functions throw `EngineError` if an operator fails.
package struct HeadOutput {
  /// Distributions over the bins for left, top, right and bottom: channel = side x bins + bin. [B, 4 x bins, A].
  package let boxLogits: Tensor
  /// One logit per class, [B, C, A].
  package let classLogits: Tensor

  /// Joins raw `levels` [B, 4 x bins + classes, h, w] and converts half precision to float32 for decoding and loss.
  package init(levels: [Tensor], classCount: Int) throws {
    let flat = try levels.map { try $0.reshaped([$0.extent(0), $0.extent(1), $0.extent(2) * $0.extent(3)]) }
    let all = try Tensor.concatenated(flat, along: 2).to(.float32)
    let parts = try all.split([all.extent(1) - classCount, classCount], along: 1)
    (boxLogits, classLogits) = (parts[0], parts[1])
  }

  /// Joined logits: [B, 4 x bins, A] and [B, C, A].
  package init(boxLogits: Tensor, classLogits: Tensor) {
    self.boxLogits = boxLogits
    self.classLogits = classLogits
  }

  /// Bins per side's distribution.
  var binCount: Int { boxLogits.extent(1) / 4 }

  /// The memory of the loss for this output.
  package var lossMemory: LossMemory {
    LossMemory(anchorCount: boxLogits.extent(2), classCount: classLogits.extent(1), binCount: binCount)
  }

  /// Distances [B, 4, A] in grid units: the mean of each side's distribution over the bins, which count from 0.
  package func distances() throws -> Tensor {
    let (b, a) = (boxLogits.extent(0), boxLogits.extent(2))
    let bins = try Tensor.range(binCount, device: boxLogits.device)
    let shares = try boxLogits.reshaped([b, 4, binCount, a]).softmax(2)
    return try (shares * bins.reshaped([1, 1, -1, 1])).sum([2])
  }

  /// Boxes [B, A, 4] as corners in grid units.
  package func boxes(_ anchors: Anchors) throws -> Tensor {
    try BoxGeometry.corners(distances: distances().transposed(1, 2), points: anchors.points)
  }

  /// Predictions [B, 4 + C, A]: centre x and y, width and height in pixels, then class probabilities.
  package func predictions(_ anchors: Anchors) throws -> Tensor {
    let corners = try (boxes(anchors) * anchors.strides).split([2, 2], along: 2)
    let parts = [try (corners[0] + corners[1]) * 0.5, try corners[1] - corners[0]]
    return try .concatenated(parts.map { try $0.transposed(1, 2) } + [classLogits.sigmoid()], along: 1)
  }
}
