/// Boxes that a network hardly sees: under 2 px on a side once their image is fitted into the network's input. Training drops them.
package struct TinyBoxes: Sendable, Equatable {
  /// Pixels of the network's input that the shorter side of a box needs.
  package static let least = 2.0
  /// Share of the boxes that a suggested image size keeps.
  private static let kept = 0.99
  /// The largest image size that may be suggested.
  private static let largestImageSize = 8192

  /// For every box the image size at which its shorter side is `least` pixels.
  private var needed: [Float] = []

  /// No boxes yet.
  package init() {}

  /// Adds the box of a label on an image of `size` pixels.
  package mutating func add(_ label: Label, on size: PixelSize) {
    let shorter = min(label.width * Double(size.width), label.height * Double(size.height))
    needed.append(Float(Self.least * Double(max(size.width, size.height)) / max(shorter, 1e-9)))
  }

  /// Boxes under `least` pixels at an image size. Label text has about six digits, so a thousandth more is not counted.
  package func count(imageSize: Int) -> Int { needed.count { $0 > Float(imageSize) * 1.001 } }

  /// The line about those boxes, with the image size that keeps nearly all of them; nil if there are none.
  package func line(_ split: String, imageSize: Int) -> SettingLine? {
    let tiny = count(imageSize: imageSize)
    guard tiny > 0 else { return nil }
    let least = "\(Int(Self.least)) px"
    let place = min(Int((Double(needed.count) * Self.kept).rounded(.up)), needed.count) - 1
    let wanted = Int((needed.sorted()[place] / 32 / 1.001).rounded(.up).clamped(to: 0...1e6)) * 32
    let advice: SettingLine =
      wanted <= Self.largestImageSize
      ? "\(setting: "image_size") \(max(wanted, imageSize)) keeps 99 % of all boxes at \(least) or more"
      : "no \(setting: "image_size") up to \(Self.largestImageSize) keeps 99 % of all boxes at \(least): cut the images into tiles"
    return
      "\(split): \(tiny) of \(needed.count) boxes are under \(least) at \(setting: "image_size") \(imageSize); \(advice)"
  }
}

extension Float {
  fileprivate func clamped(to range: ClosedRange<Float>) -> Float { min(max(self, range.lowerBound), range.upperBound) }
}
