import FeederCore

/// One box that a network or another source detected.
package struct Detection: Hashable, Sendable {
  /// The box, in pixels of the original image.
  package var box: Box
  /// Class, counted from 0.
  package var classID: Int
  /// Confidence, 0 to 1.
  package var score: Double

  /// A detection of class `classID` at `box` with confidence `score`.
  package init(box: Box, classID: Int, score: Double) {
    self.box = box
    self.classID = classID
    self.score = score
  }
}

/// One box of the labels.
package struct GroundTruth: Hashable, Sendable {
  /// The box, in pixels of the original image.
  package var box: Box
  /// Class, counted from 0.
  package var classID: Int

  /// A box of class `classID`.
  package init(box: Box, classID: Int) {
    self.box = box
    self.classID = classID
  }

  /// The box of a label on an image of `imageSize`. An edge within `snapDistance` of a whole pixel is moved to it.
  ///
  /// Labels are text of about 6 digits, so a box drawn at whole pixels returns up to 0.0005 px off on a 640 px image
  /// (0.0019 px at 2,560 px). Without the move, this error would push boxes of exactly 32 x 32 px over COCO's limit for
  /// small ones.
  package init(label: Label, imageSize: PixelSize) {
    let box = label.box(in: imageSize)
    self.init(
      box: Box(x1: Self.snap(box.x1), y1: Self.snap(box.y1), x2: Self.snap(box.x2), y2: Self.snap(box.y2)),
      classID: label.classID)
  }

  /// Distance in pixels within which an edge moves to a whole pixel: just above the error of 6 digits at 2,560 px.
  package static let snapDistance = 0.002

  private static func snap(_ edge: Double) -> Double {
    let whole = edge.rounded()
    return abs(edge - whole) <= snapDistance ? whole : edge
  }
}

/// The detections and labels of one image.
package struct ImageResult: Sendable {
  /// The image's name without its ending.
  package var imageID: String
  /// The detections, in any order.
  package var detections: [Detection]
  /// The boxes of the labels.
  package var truths: [GroundTruth]

  /// The result of the image `imageID`.
  package init(imageID: String, detections: [Detection], truths: [GroundTruth]) {
    self.imageID = imageID
    self.detections = detections
    self.truths = truths
  }

  /// The result with its `count` best detections, by falling score.
  package func cut(to count: Int) -> ImageResult {
    var cut = self
    cut.detections = ranking().prefix(count).map { detections[$0] }
    return cut
  }

  /// Indices of the detections by falling score. Equal scores keep their order; scores that are NaN are left out.
  func ranking() -> [Int] {
    detections.indices.filter { !detections[$0].score.isNaN }.sorted {
      let (left, right) = (detections[$0].score, detections[$1].score)
      return left != right ? left > right : $0 < $1
    }
  }

  /// Indices of the label boxes by class.
  func truthsByClass() -> [Int: [Int]] {
    Dictionary(grouping: truths.indices) { truths[$0].classID }
  }
}

extension Box {
  /// The shared area of both boxes over their union plus `epsilon`; 0 if they do not overlap.
  package func overlap(with other: Box, epsilon: Double) -> Double {
    let w = min(x2, other.x2) - max(x1, other.x1)
    let h = min(y2, other.y2) - max(y1, other.y1)
    guard w > 0, h > 0 else { return 0 }
    let shared = w * h
    return shared / (area + other.area - shared + epsilon)
  }
}
