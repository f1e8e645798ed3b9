import FeederCore
import FeederMetrics

/// An image that predictions may refer to.
package struct PredictedImage: Sendable {
  /// File name of the image without its ending.
  package let imageID: String
  /// Size of the image in pixels.
  package let size: PixelSize
  /// The labelled boxes.
  package let truths: [GroundTruth]

  /// An image with its labelled boxes.
  package init(imageID: String, size: PixelSize, truths: [GroundTruth]) {
    self.imageID = imageID
    self.size = size
    self.truths = truths
  }
}

/// A prediction and its image. Its class is still the category_id of the file.
struct FoundBox {
  let image: PredictedImage
  let detection: Detection

  /// True if `box` covers a label of the image. If `classID` is given, the label must have that class.
  func covers(_ box: Box, classID: Int? = nil) -> Bool {
    image.truths.contains { truth in
      (classID == nil || truth.classID == classID) && box.overlap(with: truth.box, epsilon: 0) >= Matching.thresholds[0]
    }
  }
}

/// Checks whether the boxes of a file are x, y, width, height in pixels.
struct BoxForms {
  /// Why the file is refused, because its boxes are certainly something else. Nil if they may be right.
  let problem: String?
  /// Lines about boxes that leave their image, have no area, or fit another size of the images.
  let notes: [String]

  private static let wanted = "bbox is x, y, width, height in pixels"

  /// Other meanings of the four numbers, by name.
  private static let others: [(name: String, read: @Sendable (Box) -> Box)] = [
    ("corners x1, y1, x2, y2", { Box(x1: $0.x1, y1: $0.y1, x2: $0.width, y2: $0.height) }),
    (
      "centre, width and height",
      { Box(x1: $0.x1 - $0.width / 2, y1: $0.y1 - $0.height / 2, x2: $0.x1 + $0.width / 2, y2: $0.y1 + $0.height / 2) }
    ),
  ]

  /// Checks all predictions of a file.
  init(_ found: [FoundBox]) {
    let count = found.count
    let boxes = found.map(\.detection.box)
    if boxes.allSatisfy(Self.isShare), boxes.contains(where: { $0.area > 0 }) {
      problem = "all \(count) boxes are within 0 to 1, like shares of an image; \(Self.wanted)"
      notes = []
      return
    }
    let outside = found.count { Self.reachesOut($0.detection.box, of: $0.image.size) }
    let reach = outside > 0 ? "\(outside) of \(count) boxes reach out of their image" : nil
    let right = found.count { $0.covers($0.detection.box) }
    let best = Self.others.map { other in
      (name: other.name, count: found.count { $0.covers(other.read($0.detection.box)) })
    }.max { $0.count < $1.count }
    if let best, best.count > 0, best.count >= 4 * right, best.count * 5 >= count {
      problem =
        (reach.map { $0 + "; " } ?? "")
        + "\(best.count) of \(count) boxes cover a label if they are read as \(best.name), and \(right) as they should be read: "
        + Self.wanted
      notes = []
    } else if outside * 2 > count, found.allSatisfy({ Self.mayBeCorners($0.detection.box, in: $0.image.size) }) {
      problem = "\(reach ?? "") and none would as corners x1, y1, x2, y2; \(Self.wanted)"
      notes = []
    } else {
      problem = nil
      let flat = found.count { $0.detection.box.area == 0 }
      notes = [
        reach.map { "\($0); \(Self.wanted)" },
        flat > 0 ? "\(flat) of \(count) boxes have a width or height of 0 and cover nothing" : nil,
        right == 0 ? Self.otherScale(found) : nil,
      ].compactMap { $0 }
    }
  }

  /// A line if the boxes fit their images scaled to another longer side, such as the network's input.
  private static func otherScale(_ found: [FoundBox]) -> String? {
    let some = found.prefix(500)
    func overlaps(_ side: Int) -> [Double] {
      some.map { item in
        let (box, size) = (item.detection.box, item.image.size)
        let scale = Double(max(size.width, size.height)) / Double(side)
        let scaled = Box(x1: box.x1 * scale, y1: box.y1 * scale, x2: box.x2 * scale, y2: box.y2 * scale)
        return item.image.truths.map { scaled.overlap(with: $0.box, epsilon: 0) }.max() ?? 0
      }
    }
    let sides = stride(from: 16, through: 2048, by: 16).map { (side: $0, overlaps: overlaps($0)) }
    let fit = sides.max { $0.overlaps.reduce(0, +) < $1.overlaps.reduce(0, +) }
    let best = fit.map { (side: $0.side, count: $0.overlaps.count { $0 >= Matching.thresholds[0] }) }
    guard let best, best.count > 0, best.count * 5 >= some.count else { return nil }
    return "no box covers a label, and \(best.count) of \(some.count) would if the longer side of every image were "
      + "\(best.side) pixels: bbox is in pixels of the original image"
  }

  private static func isShare(_ box: Box) -> Bool {
    [box.x1, box.y1, box.width, box.height].allSatisfy { (-0.05...1.05).contains($0) }
  }

  /// Pixels by which a box may leave its image: networks that do not clip overshoot slightly.
  private static func slack(_ side: Int) -> Double { max(2, 0.02 * Double(side)) }

  private static func reachesOut(_ box: Box, of size: PixelSize) -> Bool {
    let (x, y) = (slack(size.width), slack(size.height))
    return box.x1 < -x || box.y1 < -y || box.x2 > Double(size.width) + x || box.y2 > Double(size.height) + y
  }

  private static func mayBeCorners(_ box: Box, in size: PixelSize) -> Bool {
    let (x2, y2) = (box.width, box.height)
    return x2 >= box.x1 && y2 >= box.y1 && !reachesOut(Box(x1: box.x1, y1: box.y1, x2: x2, y2: y2), of: size)
  }
}
