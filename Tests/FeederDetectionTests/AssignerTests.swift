import FeederDetection
import FeederTorch
import FixtureSupport
import Testing

@Suite("Assignment and loss equal the reference")
struct AssignerTests {
  static let variants: [(name: String, variant: TaskAlignedAssigner.Variant)] = [
    ("classic", .classic), ("v84", .widened),
  ]

  /// Names of the cases in a file: what stands before the first point.
  static func cases(_ fixture: Fixture) -> [String] {
    Set(fixture.names.compactMap { $0.split(separator: ".").first.map(String.init) }).sorted()
  }

  @Test(
    "Every case of fixture c, both variants: the choice exactly, soft targets within 1e-5",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)))
  func assigner() throws {
    let fixture = try Fixture("c_assigner")
    for name in Self.cases(fixture) {
      let truth = BatchTruth(
        boxes: try fixture.tensor(name + ".gt_boxes"),
        labels: try fixture.tensor(name + ".gt_labels").squeezed(2).to(.int64),
        mask: try fixture.tensor(name + ".gt_mask").squeezed(2).to(.bool))
      for (label, variant) in Self.variants {
        let assignment = try TaskAlignedAssigner(variant)(
          scores: fixture.tensor(name + ".scores"), boxes: fixture.tensor(name + ".boxes"),
          points: fixture.tensor(name + ".anchors_px"), truth: truth)
        try compare(assignment, truth, fixture, "\(name).\(label)")
      }
    }
    try fixture.noteChecked()
  }

  private func compare(_ assignment: Assignment, _ truth: BatchTruth, _ fixture: Fixture, _ key: String) throws {
    let positive = try assignment.isPositive.array(of: Int64.self).map { Int($0) }
    #expect(positive == (try fixture.ints(key + ".fg")), "\(key)")
    let index = try assignment.truthIndex.array(of: Int64.self).map { Int($0) }
    #expect(zip(positive, index).map { $0 == 1 ? $1 : -1 } == (try fixture.ints(key + ".gt_index")), "\(key)")
    #expect(
      Distance.largest(try assignment.scores.doubles(), try fixture.doubles(key + ".scores")) < 1e-5, "\(key)")
    guard truth.boxes.extent(1) > 0 else { return }
    let labels = try truth.labels.gathered(1, assignment.truthIndex).array(of: Int64.self).map { Int($0) }
    #expect(zip(positive, labels).map { $0 == 1 ? $1 : -1 } == (try fixture.ints(key + ".labels")), "\(key)")
    let boxes = try truth.boxes.gathered(1, assignment.truthIndex.unsqueezed(2).expanded([-1, -1, 4]))
    let kept = try boxes * assignment.isPositive.unsqueezed(2).to(.float32)
    #expect(try kept.doubles() == fixture.doubles(key + ".boxes"), "\(key)")
  }

  // Tolerances: about 7 times the measured distance to float64 (FIXTURES.md, d).
  @Test(
    "Every case of fixture d, both variants: losses within 5e-6, gradients within 1e-5 of the norm",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)))
  func loss() throws {
    let fixture = try Fixture("d_loss")
    for name in Self.cases(fixture) {
      let size = try fixture.ints(name + ".image_hw")
      let anchors = try Anchors(height: size[0], width: size[1])
      for (label, variant) in Self.variants {
        let key = "\(name).\(label)"
        let boxLogits = try fixture.tensor(name + ".box_logits")
        let classLogits = try fixture.tensor(name + ".cls_logits")
        try boxLogits.setRequiresGradient()
        try classLogits.setRequiresGradient()
        let value = try DetectionLoss(classCount: classLogits.extent(1), variant: variant)(
          HeadOutput(boxLogits: boxLogits, classLogits: classLogits), anchors: anchors,
          targets: fixture.targets(name + "."), height: size[0], width: size[1])
        let pairs = [(value.items, ".items"), (value.itemsTimesBatch, ".loss_times_batch")]
        for (tensor, part) in pairs {
          for (a, b) in zip(try tensor.doubles(), try fixture.doubles(key + part)) {
            #expect(abs(a - b) <= 5e-6 * abs(b), "\(key)\(part): \(a), reference \(b)")
          }
        }
        try value.total.backward()
        for (tensor, part) in [(boxLogits, ".grad_box_logits"), (classLogits, ".grad_cls_logits")] {
          let (ours, reference) = (try tensor.gradientDoubles(), try fixture.doubles(key + part))
          #expect(Distance.relative(ours, reference) < 1e-5, "\(key)\(part)")
          #expect(Distance.largest(ours, reference) < 1e-6 * max(1, reference.map(abs).max() ?? 0), "\(key)\(part)")
        }
      }
    }
    try fixture.noteChecked()
  }
}

extension Fixture {
  /// The boxes to learn from `PREFIXbatch_idx`, `PREFIXcls` and `PREFIXbboxes`.
  func targets(_ prefix: String) throws -> [TargetBox] {
    let images = try ints(prefix + "batch_idx")
    let classes = try ints(prefix + "cls")
    let boxes = try floats(prefix + "bboxes")
    return images.indices.map {
      TargetBox(
        imageIndex: images[$0], classID: classes[$0], x: boxes[4 * $0], y: boxes[4 * $0 + 1],
        width: boxes[4 * $0 + 2], height: boxes[4 * $0 + 3])
    }
  }
}
