import FeederDetection
import FeederTorch
import FeederFixtures

/// Compares box geometry and the distribution over distances. Bounds are 5 to 20 times the distance between the float32
/// reference and its float64 evaluation.
enum BoxParity {
  /// IoU and CIoU of random and degenerate pairs: values and gradients.
  static func overlap(_ fixture: Fixture, _ record: ParityRecord) throws {
    for set in ["random", "degenerate"] {
      let box1 = try fixture.tensor(set + ".box1", on: record.device)
      let box2 = try fixture.tensor(set + ".box2", on: record.device)
      try box1.setRequiresGradient()
      try box2.setRequiresGradient()
      let (iou, ciou) = try BoxGeometry.overlaps(box1, box2)
      for (tensor, name) in [(iou, set + ".iou"), (ciou, set + ".ciou")] {
        record.largest(name, try tensor.doubles(), try fixture.doubles(name), within: 2e-6)
      }
      try ciou.sum().backward()
      for (box, name) in [(box1, set + ".grad_box1"), (box2, set + ".grad_box2")] {
        let (ours, reference) = (try box.gradientDoubles(), try fixture.doubles(name))
        if set == "random" {
          record.largest(name, ours, reference, within: 1e-6)
          record.relative(name, ours, reference, within: 2e-6)
          continue
        }
        record.equal(name + " count", ours.count, reference.count)
        for pair in 0..<min(ours.count, reference.count) / 4 {
          let (a, b) = (Array(ours[pair * 4..<pair * 4 + 4]), Array(reference[pair * 4..<pair * 4 + 4]))
          record.largest("\(name) \(pair)", a, b, within: 1e-6 + 1e-5 * (b.map(abs).max() ?? 0))
        }
      }
    }
  }

  /// Distances from logits, the distribution loss, and the conversion of boxes to distances and back.
  static func distribution(_ fixture: Fixture, _ record: ParityRecord) throws {
    let logits = try fixture.tensor("decode.logits", on: record.device)
    try logits.setRequiresGradient()
    let distances = try HeadOutput(boxLogits: logits, classLogits: logits).distances()
    try largest(distances, "decode.distances", 2e-5, fixture, record)
    try distances.sum().backward()
    record.largest(
      "decode.grad_logits", try logits.gradientDoubles(), try fixture.doubles("decode.grad_logits"), within: 2e-5)

    let lossLogits = try fixture.tensor("loss.logits", on: record.device)
    try lossLogits.setRequiresGradient()
    let targets = try fixture.tensor("loss.targets", on: record.device).clamp(min: 0, max: 14.99)
    let loss = try DetectionLoss.distributionLoss(lossLogits.reshaped([-1, 16]), distances: targets)
    try largest(loss, "loss.per_box", 5e-6, fixture, record)
    try loss.sum().backward()
    record.largest(
      "loss.grad_logits", try lossLogits.gradientDoubles(), try fixture.doubles("loss.grad_logits"), within: 1e-6)

    let points = try fixture.tensor("dist.anchors", on: record.device)
    let corners = try fixture.tensor("dist.boxes_xyxy", on: record.device)
    let sides = try BoxGeometry.distances(corners: corners, points: points, binCount: 16)
    try largest(sides, "dist.ltrb", 1e-5, fixture, record)
    let back = try BoxGeometry.corners(distances: sides, points: points)
    try largest(back, "dist.back_xyxy", 1e-5, fixture, record)
    let ends = try back.split([2, 2], along: 1)
    let centered = try Tensor.concatenated([(ends[0] + ends[1]) * 0.5, ends[1] - ends[0]], along: 1)
    try largest(centered, "dist.back_xywh", 1e-5, fixture, record)
  }

  private static func largest(
    _ ours: Tensor, _ name: String, _ bound: Double, _ fixture: Fixture, _ record: ParityRecord
  ) throws {
    record.largest(name, try ours.doubles(), try fixture.doubles(name), within: bound)
  }
}
