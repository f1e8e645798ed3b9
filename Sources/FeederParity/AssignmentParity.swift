import FeederDetection
import FeederTorch
import FeederFixtures

/// Compares the assignment of boxes to anchors, and the loss, in both variants of the assigner.
enum AssignmentParity {
  private static let variants: [(name: String, variant: TaskAlignedAssigner.Variant)] = [
    ("classic", .classic), ("v84", .widened),
  ]

  private static let strides = ModelDesign.yolov8n.strides

  /// Names of the cases in a file: the part before the first point of each tensor name.
  private static func cases(_ fixture: Fixture) -> [String] {
    Set(fixture.names.compactMap { $0.split(separator: ".").first.map(String.init) }).sorted()
  }

  /// Assignments must be equal, soft targets within 1e-5.
  static func assigner(_ fixture: Fixture, _ record: ParityRecord) throws {
    for name in cases(fixture) {
      let truth = BatchTruth(
        boxes: try fixture.tensor(name + ".gt_boxes", on: record.device),
        labels: try fixture.tensor(name + ".gt_labels", on: record.device).squeezed(2).to(.int64),
        mask: try fixture.tensor(name + ".gt_mask", on: record.device).squeezed(2).to(.bool))
      for (label, variant) in variants {
        let assignment = try TaskAlignedAssigner(variant)(
          scores: fixture.tensor(name + ".scores", on: record.device),
          boxes: fixture.tensor(name + ".boxes", on: record.device),
          points: fixture.tensor(name + ".anchors_px", on: record.device), strides: strides, truth: truth)
        try compare(assignment, truth, fixture, "\(name).\(label)", record)
      }
    }
  }

  private static func compare(
    _ assignment: Assignment, _ truth: BatchTruth, _ fixture: Fixture, _ key: String, _ record: ParityRecord
  ) throws {
    let positive = try assignment.isPositive.array(of: Int64.self).map { Int($0) }
    record.equal(key + ".fg", positive, try fixture.ints(key + ".fg"))
    let index = try assignment.truthIndex.array(of: Int64.self).map { Int($0) }
    record.equal(key + ".gt_index", zip(positive, index).map { $0 == 1 ? $1 : -1 }, try fixture.ints(key + ".gt_index"))
    record.largest(key + ".scores", try assignment.scores.doubles(), try fixture.doubles(key + ".scores"), within: 1e-5)
    guard truth.boxes.extent(1) > 0 else { return }
    let labels = try truth.labels.gathered(1, assignment.truthIndex).array(of: Int64.self).map { Int($0) }
    record.equal(key + ".labels", zip(positive, labels).map { $0 == 1 ? $1 : -1 }, try fixture.ints(key + ".labels"))
    let boxes = try truth.boxes.gathered(1, assignment.truthIndex.unsqueezed(2).expanded([-1, -1, 4]))
    let kept = try boxes * assignment.isPositive.unsqueezed(2).to(.float32)
    record.equal(key + ".boxes", try kept.doubles(), try fixture.doubles(key + ".boxes"))
  }

  /// Losses within 5e-6 of their value, gradients within 1e-5 of their norm: about 7 times the measured distance to
  /// float64.
  static func loss(_ fixture: Fixture, _ record: ParityRecord) throws {
    for name in cases(fixture) {
      let size = try fixture.ints(name + ".image_hw")
      let anchors = try Anchors(strides, height: size[0], width: size[1], device: record.device)
      for (label, variant) in variants {
        let key = "\(name).\(label)"
        let boxLogits = try fixture.tensor(name + ".box_logits", on: record.device)
        let classLogits = try fixture.tensor(name + ".cls_logits", on: record.device)
        try boxLogits.setRequiresGradient()
        try classLogits.setRequiresGradient()
        let value = try DetectionLoss(variant: variant)(
          HeadOutput(boxLogits: boxLogits, classLogits: classLogits), anchors: anchors,
          targets: fixture.targets(name + "."), height: size[0], width: size[1])
        for (tensor, part) in [(value.items, key + ".items"), (value.itemsTimesBatch, key + ".loss_times_batch")] {
          let (ours, reference) = (try tensor.doubles(), try fixture.doubles(part))
          record.equal(part + " count", ours.count, reference.count)
          for (a, b) in zip(ours, reference) { record.largest(part, [a], [b], within: 5e-6 * abs(b)) }
        }
        try value.total.backward()
        for (tensor, part) in [(boxLogits, key + ".grad_box_logits"), (classLogits, key + ".grad_cls_logits")] {
          let (ours, reference) = (try tensor.gradientDoubles(), try fixture.doubles(part))
          record.relative(part, ours, reference, within: 1e-5)
          record.largest(part, ours, reference, within: 1e-6 * max(1, reference.map(abs).max() ?? 0))
        }
      }
    }
  }
}
