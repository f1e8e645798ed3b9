import FeederDetection
import FeederTorch
import FixtureSupport
import Testing

@Suite("Non-maximum suppression equals the reference")
struct SuppressionTests {
  private static func settings(_ name: String) -> NonMaximumSuppression? {
    var settings = NonMaximumSuppression()
    switch name {
    case "predict": break
    case "predict_max20": settings.largestCount = 20
    case "agnostic": settings.ignoresClasses = true
    case "val": settings = .validation
    case "iou45": settings.overlap = 0.45
    case "classes": settings.classes = [1, 4]
    default: return nil
    }
    return settings
  }

  // float32 rounding of centre and extent to corners is about 5e-5 px.
  @Test(
    "Every setting of fixture f: the same detections in the same order, corners within 1e-3 px",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)))
  func parity() throws {
    let fixture = try Fixture("f_nms")
    let predictions = try fixture.tensor("predictions")
    for name in fixture.names where name.hasSuffix(".count") {
      let key = String(name.dropLast(6))
      let settings = try #require(Self.settings(key), "an unknown setting \(key)")
      let images = try settings(predictions)
      #expect(images.map(\.count) == (try fixture.ints(name)), "\(key)")
      let found = images.flatMap { $0 }
      #expect(found.map(\.anchorIndex) == (try fixture.ints(key + ".anchor_index")), "\(key)")
      let rows = try fixture.doubles(key + ".rows")
      for (row, detection) in found.enumerated() where row * 6 + 5 < rows.count {
        let box = [detection.box.x1, detection.box.y1, detection.box.x2, detection.box.y2]
        #expect(Distance.largest(box, Array(rows[row * 6..<row * 6 + 4])) < 1e-3, "\(key), row \(row)")
        #expect(Double(detection.score) == rows[row * 6 + 4] && Double(detection.classID) == rows[row * 6 + 5])
      }
    }
    try fixture.noteChecked()
  }

  @Test("Scores that are not numbers give no detection and no crash")
  func notANumber() throws {
    let predictions = try Tensor([10, 10, 4, 4, Float.nan, .nan], shape: [1, 6, 1])
    #expect(try NonMaximumSuppression.validation(predictions)[0].isEmpty)
  }
}
