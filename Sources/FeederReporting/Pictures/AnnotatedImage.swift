import FeederCodecs
import FeederCore
import FeederImaging
import FeederMetrics

/// Draws detections on an image: per detection a frame and a label with class and score. Each class has a colour.
package enum AnnotatedImage {
  /// A colour JPEG of `image` with `detections` drawn on it, the highest score on top. Boxes are in pixels of `image`.
  ///
  /// Boxes are clipped to the image; boxes outside of it or with non-finite numbers are left out. A class beyond
  /// `classNames` is shown as its number. Throws `ImagingError` if the encoder fails.
  package static func jpeg(
    _ image: Pixels, detections: [Detection], classNames: [String], encoder: JPEGEncoder, quality: Int = 90
  ) throws -> [UInt8] {
    try drawn(image, detections: detections, classNames: classNames).withView { view in
      try encoder.encode(view, quality: quality)
    }
  }

  /// The same picture as pixels with 3 channels.
  package static func drawn(_ image: Pixels, detections: [Detection], classNames: [String]) -> Pixels {
    var canvas = Canvas(image)
    let names = PictureNames(classNames)
    let longSide = max(image.size.width, image.size.height)
    // Letters are 16 px high at 640 px and grow with larger images.
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

  /// Height in pixels of the smallest letters that are readable in every script.
  static let smallestLetters = 12

  /// A score with two digits, as in 0.87.
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

  /// The colour of a class. Hues of successive classes differ by the golden angle, so that neighbours never look alike.
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

  /// Black on light colours, white on dark ones, by the luma weights of JPEG (ITU-R BT.601).
  var contrast: Color {
    299 * Int(red) + 587 * Int(green) + 114 * Int(blue) > 128_000 ? Color(grey: 0) : Color(grey: 255)
  }
}
