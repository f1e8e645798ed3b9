import FeederDetection
import FeederTorch
import FixtureSupport
import Testing

@Suite("Box mathematics equals the reference, values and gradients")
struct BoxGeometryTests {
  // Tolerances: 5 to 20 times the distance between the float32 reference and its float64 evaluation (FIXTURES.md, a and b).
  @Test(
    "IoU and CIoU of fixture a", .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)),
    arguments: ["random", "degenerate"])
  func ciou(set: String) throws {
    let fixture = try Fixture("a_ciou")
    let box1 = try fixture.tensor(set + ".box1")
    let box2 = try fixture.tensor(set + ".box2")
    try box1.setRequiresGradient()
    try box2.setRequiresGradient()
    let (iou, ciou) = try BoxGeometry.overlaps(box1, box2)
    #expect(Distance.largest(try iou.doubles(), try fixture.doubles(set + ".iou")) < 2e-6)
    #expect(Distance.largest(try ciou.doubles(), try fixture.doubles(set + ".ciou")) < 2e-6)
    try ciou.sum().backward()
    for (box, name) in [(box1, ".grad_box1"), (box2, ".grad_box2")] {
      let ours = try box.gradientDoubles()
      let reference = try fixture.doubles(set + name)
      if set == "random" {
        #expect(Distance.largest(ours, reference) < 1e-6)
        #expect(Distance.relative(ours, reference) < 2e-6)
      } else {
        for pair in 0..<reference.count / 4 {
          let (a, b) = (Array(ours[pair * 4..<pair * 4 + 4]), Array(reference[pair * 4..<pair * 4 + 4]))
          #expect(Distance.largest(a, b) < 1e-6 + 1e-5 * (b.map(abs).max() ?? 0), "pair \(pair)")
        }
      }
    }
    if set == "degenerate" { try fixture.noteChecked() }
  }

  @Test(
    "Distribution focal loss and box decoding of fixture b",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)))
  func distribution() throws {
    let fixture = try Fixture("b_dfl")
    let logits = try fixture.tensor("decode.logits")
    try logits.setRequiresGradient()
    let distances = try HeadOutput(boxLogits: logits, classLogits: logits).distances()
    #expect(Distance.largest(try distances.doubles(), try fixture.doubles("decode.distances")) < 2e-5)
    try distances.sum().backward()
    #expect(Distance.largest(try logits.gradientDoubles(), try fixture.doubles("decode.grad_logits")) < 2e-5)

    let lossLogits = try fixture.tensor("loss.logits")
    try lossLogits.setRequiresGradient()
    let targets = try fixture.tensor("loss.targets").clamp(min: 0, max: 14.99)
    let loss = try DetectionLoss.distributionLoss(lossLogits.reshaped([-1, 16]), distances: targets)
    #expect(Distance.largest(try loss.doubles(), try fixture.doubles("loss.per_box")) < 5e-6)
    try loss.sum().backward()
    #expect(Distance.largest(try lossLogits.gradientDoubles(), try fixture.doubles("loss.grad_logits")) < 1e-6)

    let points = try fixture.tensor("dist.anchors")
    let corners = try fixture.tensor("dist.boxes_xyxy")
    let sides = try BoxGeometry.distances(corners: corners, points: points)
    #expect(Distance.largest(try sides.doubles(), try fixture.doubles("dist.ltrb")) < 1e-5)
    let back = try BoxGeometry.corners(distances: sides, points: points)
    #expect(Distance.largest(try back.doubles(), try fixture.doubles("dist.back_xyxy")) < 1e-5)
    let ends = try back.split([2, 2], along: 1)
    let centered = try Tensor.concatenated([(ends[0] + ends[1]) * 0.5, ends[1] - ends[0]], along: 1)
    #expect(Distance.largest(try centered.doubles(), try fixture.doubles("dist.back_xywh")) < 1e-5)
    try fixture.noteChecked()
  }
}
