import FeederCore
import FeederImaging
import FeederMetrics

/// An image with its detections drawn on it: a frame and a label of class and score each, one colour a class.
package enum AnnotatedImage {
  /// JPEG bytes of `image` in colour with `detections` (boxes in pixels of `image`) drawn on it, the surest on top.
  ///
  /// Boxes are clipped to the image; those that lie outside or are not numbers are left out. A class beyond `classNames`
  /// shows as its number. Throws `ImagingError` where the encoder does.
  package static func jpeg(
    _ image: Pixels, detections: [Detection], classNames: [String], encoder: JPEGEncoder, quality: Int = 90
  ) throws -> [UInt8] {
    try drawn(image, detections: detections, classNames: classNames).withView { view in
      try encoder.encode(view, quality: quality)
    }
  }

  /// The same picture as pixels, 3 channels.
  package static func drawn(_ image: Pixels, detections: [Detection], classNames: [String]) -> Pixels {
    var canvas = Canvas(image)
    let names = PictureNames(classNames)
    let longSide = max(image.size.width, image.size.height)
    // Letters are 16 px high at 640 px and keep that share of larger images.
    let scale = max(1, Int((Double(longSide) / 400).rounded()))
    let letterSize = max(smallestLetters, 8 * scale)
    for detection in detections.sorted(by: { $0.score < $1.score }) {
      let box = detection.box
      guard box.x1.isFinite, box.y1.isFinite, box.x2.isFinite, box.y2.isFinite else { continue }
      let inside = box.clipped(to: image.size)
      guard inside.width > 0, inside.height > 0 else { continue }
      let color = Color(classID: detection.classID)
      let left = Int(inside.x1)
      let top = Int(inside.y1)
      let right = Int(inside.x2.rounded(.up))
      let bottom = Int(inside.y2.rounded(.up))
      canvas.frame(left, top, right, bottom, thickness: scale, color)
      canvas.label(
        "\(names[detection.classID]) \(twoDigits(detection.score))", above: top, or: bottom, left: left,
        size: letterSize, gap: scale, color)
    }
    return canvas.pixels
  }

  /// Pixels of the smallest letters that can be read in every script.
  static let smallestLetters = 12

  /// A score as 0.87.
  static func twoDigits(_ score: Double) -> String {
    guard score.isFinite else { return "?" }
    let hundredths = Int((min(max(score, 0), 1) * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}

/// Red, green and blue, 0 to 255.
struct Color: Hashable {
  let red: UInt8
  let green: UInt8
  let blue: UInt8

  /// Classes get hues a golden angle apart, so that neighbours never look alike, however many there are.
  init(classID: Int) {
    let turn = Double(classID & 0xFFFF) * 0.618_033_988_75
    let hue = (turn - turn.rounded(.down)) * 6
    func channel(_ offset: Double) -> UInt8 {
      let position = (hue + offset).truncatingRemainder(dividingBy: 6)
      return UInt8(40 + 215 * min(max(abs(position - 3) - 1, 0), 1))
    }
    (red, green, blue) = (channel(0), channel(4), channel(2))
  }

  static let black = Color(grey: 0)

  init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  private init(grey: UInt8) { (red, green, blue) = (grey, grey, grey) }

  /// Black on light colours and white on dark ones, by the luma weights of JPEG (ITU-R BT.601).
  var contrast: Color {
    299 * Int(red) + 587 * Int(green) + 114 * Int(blue) > 128_000 ? Color(grey: 0) : Color(grey: 255)
  }
}
