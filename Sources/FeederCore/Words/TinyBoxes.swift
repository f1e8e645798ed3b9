/// Counts boxes that are too small for a network: under 2 px on a side in the network's input. Training drops them.
package struct TinyBoxes: Sendable, Equatable {
  /// The least length of a box's shorter side, in pixels of the network's input.
  package static let least = 2.0
  /// The share of the boxes that a suggested image size keeps.
  private static let kept = 0.99
  /// The largest image size that is suggested, in pixels.
  private static let largestImageSize = 8192

  /// Per box, the image size at which its shorter side is `least` pixels long.
  private var needed: [Float] = []

  /// The side of the tiles in which images are cut; nil for whole images.
  private let tileSide: Int?

  /// No boxes yet, of images that are cut in tiles of `tileSide`; nil for whole images.
  package init(tileSide: Int? = nil) { self.tileSide = tileSide }

  /// Adds the box of a label on an image of `size`.
  package mutating func add(_ label: Label, on size: PixelSize) {
    let shorter = min(label.width * Double(size.width), label.height * Double(size.height))
    needed.append(Float(Self.least * Double(tileSide ?? max(size.width, size.height)) / max(shorter, 1e-9)))
  }

  /// The number of boxes under `least` pixels at an image size. Boxes within 0.1 % of the limit are not counted, because
  /// label text has about six digits.
  package func count(imageSize: Int) -> Int { needed.count { $0 > Float(imageSize) * 1.001 } }

  /// A line about the boxes of `split`, with the image size that keeps 99 % of them. Nil if no box is too small.
  package func line(_ split: String, imageSize: Int) -> SettingLine? {
    let tiny = count(imageSize: imageSize)
    guard tiny > 0 else { return nil }
    let least = "\(Int(Self.least)) px"
    let place = min(Int((Double(needed.count) * Self.kept).rounded(.up)), needed.count) - 1
    let wanted = Int((needed.sorted()[place] / 32 / 1.001).rounded(.up).clamped(to: 0...1e6)) * 32
    let advice: SettingLine =
      wanted <= Self.largestImageSize
      ? "\(setting: "image_size") \(max(wanted, imageSize)) keeps 99 % of all boxes at \(least) or more"
      : "no \(setting: "image_size") up to \(Self.largestImageSize) keeps 99 % of all boxes at \(least): give \(setting: "tile") auto"
    return
      "\(split): \(tiny) of \(needed.count) boxes are under \(least) at \(setting: "image_size") \(imageSize); \(advice)"
  }
}

extension Float {
  fileprivate func clamped(to range: ClosedRange<Float>) -> Float { min(max(self, range.lowerBound), range.upperBound) }
}
