import FeederDetection
import FeederTorch
import FeederFixtures

/// Compares non-maximum suppression: the same detections in the same order, with corners within 1e-3 px. The float32
/// conversion of centre and size to corners has an error of about 5e-5 px.
enum SuppressionParity {
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

  static func compare(_ fixture: Fixture, _ record: ParityRecord) throws {
    let predictions = try fixture.tensor("predictions", on: record.device)
    for name in fixture.names where name.hasSuffix(".count") {
      let key = String(name.dropLast(6))
      let settings = try fixture.required(settings(key), "setting that is known here: \(key)")
      let images = try settings(predictions)
      record.equal(name, images.map(\.count), try fixture.ints(name))
      let found = images.flatMap { $0 }
      record.equal(key + ".anchor_index", found.map(\.anchorIndex), try fixture.ints(key + ".anchor_index"))
      let rows = try fixture.doubles(key + ".rows")
      for (row, detection) in found.enumerated() where row * 6 + 5 < rows.count {
        let box = [detection.box.x1, detection.box.y1, detection.box.x2, detection.box.y2]
        let subject = "\(key), row \(row)"
        record.largest(subject, box, Array(rows[row * 6..<row * 6 + 4]), within: 1e-3)
        record.equal(
          subject, [Double(detection.score), Double(detection.classID)], Array(rows[row * 6 + 4...row * 6 + 5]))
      }
    }
  }
}
