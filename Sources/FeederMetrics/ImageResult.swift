import FeederCore

/// One box that a network, or anyone else, claims to see.
package struct Detection: Hashable, Sendable {
  /// The box, in pixels of the original image.
  package var box: Box
  /// Class, counted from 0.
  package var classID: Int
  /// Confidence, 0 to 1; larger is surer.
  package var score: Double

  /// A claim of class `classID` at `box` with confidence `score`.
  package init(box: Box, classID: Int, score: Double) {
    self.box = box
    self.classID = classID
    self.score = score
  }
}

/// One box that is really there.
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

  /// The box of a label on an image of `imageSize`, its edges snapped to whole pixels where they nearly are ones.
  ///
  /// Labels are text of about 6 digits: a box drawn at whole pixels comes back up to 0.0005 px off on a 640 px image (0.0019
  /// px at 2,560 px). That jitter would push boxes of exactly 32 x 32 px over COCO's limit of small. An edge within
  /// `snapDistance` of a whole pixel is therefore put on it.
  package init(label: Label, imageSize: PixelSize) {
    let box = label.box(in: imageSize)
    self.init(
      box: Box(x1: Self.snap(box.x1), y1: Self.snap(box.y1), x2: Self.snap(box.x2), y2: Self.snap(box.y2)),
      classID: label.classID)
  }

  /// Pixels within which an edge is taken for a whole pixel: just above the jitter of 6 digits at 2,560 px.
  package static let snapDistance = 0.002

  private static func snap(_ edge: Double) -> Double {
    let whole = edge.rounded()
    return abs(edge - whole) <= snapDistance ? whole : edge
  }
}

/// What was claimed and what is there, on one image.
package struct ImageResult: Sendable {
  /// The image's name without its ending.
  package var imageID: String
  /// The claims, in any order.
  package var detections: [Detection]
  /// The boxes that are there.
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

  /// Positions of the detections by falling score; equal scores keep their order, a score that is not a number is left out.
  func ranking() -> [Int] {
    detections.indices.filter { !detections[$0].score.isNaN }.sorted {
      let (left, right) = (detections[$0].score, detections[$1].score)
      return left != right ? left > right : $0 < $1
    }
  }

  /// Positions of the boxes that are there, by class.
  func truthsByClass() -> [Int: [Int]] {
    Dictionary(grouping: truths.indices) { truths[$0].classID }
  }
}

extension Box {
  /// The area both boxes share over the area either covers plus `epsilon`; 0 where they do not touch.
  package func overlap(with other: Box, epsilon: Double) -> Double {
    let w = min(x2, other.x2) - max(x1, other.x1)
    let h = min(y2, other.y2) - max(y1, other.y1)
    guard w > 0, h > 0 else { return 0 }
    let shared = w * h
    return shared / (area + other.area - shared + epsilon)
  }
}
