import FeederCore

/// Where an image lies in its letterboxed target: scaled by one ratio, padded to the target's size.
///
/// The rule is the one that YOLO tools share: ratio r = min(target height / height, target width / width); each side
/// becomes max(1, side x r rounded half to even); the rest is padding, the odd pixel to the right and below.
package struct Letterbox: Hashable, Sendable {
  /// Size of the original image; the boxes of `toTarget` and `toSource` are in its pixels.
  package let source: PixelSize
  /// Size of the whole result: `resized` plus the pads.
  package let target: PixelSize
  /// Size of the scaled image inside the target.
  package let resized: PixelSize
  /// r, the same for both axes; `resized` is rounded, so boxes use `scaleX` and `scaleY`.
  package let ratio: Double
  /// Padding on the left, in pixels.
  package let padLeft: Int
  /// Padding above, in pixels.
  package let padTop: Int
  /// Padding on the right, in pixels.
  package let padRight: Int
  /// Padding below, in pixels.
  package let padBottom: Int

  /// Fits `source` into `target`.
  ///
  /// `scaleUp` false leaves small images at their size. `ratio` scales by a given number, at which `source` must fit. `center`
  /// false puts the image into the upper left corner.
  /// `multiple` pads only to the next multiple of it, so the result may be smaller than `target`.
  package init(
    source: PixelSize, target: PixelSize, ratio: Double? = nil, scaleUp: Bool = true, center: Bool = true,
    multiple: Int? = nil
  ) {
    precondition(source.width > 0 && source.height > 0, "an image has at least one pixel")
    precondition(target.width > 0 && target.height > 0, "a letterbox has at least one pixel")
    let fitting = min(
      Double(target.height) / Double(source.height), Double(target.width) / Double(source.width))
    precondition((ratio ?? fitting) <= fitting, "the scaled image fits")
    let ratio = ratio ?? (scaleUp ? fitting : min(fitting, 1))
    func scaled(_ side: Int) -> Int { max(1, Int((Double(side) * ratio).rounded(.toNearestOrEven))) }
    let resized = PixelSize(width: scaled(source.width), height: scaled(source.height))
    func pads(_ whole: Int, _ part: Int) -> (before: Int, after: Int) {
      let rest = multiple.map { (whole - part) % $0 } ?? whole - part
      let share = center ? Double(rest) / 2 : Double(rest)
      let before = center ? Int((share - 0.1).rounded(.toNearestOrEven)) : 0
      return (before, Int((share + 0.1).rounded(.toNearestOrEven)))
    }
    let horizontal = pads(target.width, resized.width)
    let vertical = pads(target.height, resized.height)
    self.source = source
    self.resized = resized
    self.ratio = ratio
    (padLeft, padRight) = horizontal
    (padTop, padBottom) = vertical
    self.target = PixelSize(
      width: resized.width + padLeft + padRight, height: resized.height + padTop + padBottom)
  }

  /// Target pixels a source pixel, from left to right: what the resize really did, not the ratio before rounding.
  package var scaleX: Double { Double(resized.width) / Double(source.width) }
  /// Target pixels a source pixel, from top to bottom.
  package var scaleY: Double { Double(resized.height) / Double(source.height) }

  /// A box of the original image, in the target's pixels; not clipped.
  package func toTarget(_ box: Box) -> Box {
    Box(
      x1: box.x1 * scaleX + Double(padLeft), y1: box.y1 * scaleY + Double(padTop),
      x2: box.x2 * scaleX + Double(padLeft), y2: box.y2 * scaleY + Double(padTop))
  }

  /// A box of the target, in the original image's pixels; not clipped.
  package func toSource(_ box: Box) -> Box {
    Box(
      x1: (box.x1 - Double(padLeft)) / scaleX, y1: (box.y1 - Double(padTop)) / scaleY,
      x2: (box.x2 - Double(padLeft)) / scaleX, y2: (box.y2 - Double(padTop)) / scaleY)
  }
}
