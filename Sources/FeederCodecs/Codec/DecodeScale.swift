import FeederCore

/// The reduction of an image while it is decoded, as libjpeg does it: 1, 1/2, 1/4 or 1/8 of each side.
package struct DecodeScale: Hashable, Sendable {
  /// 1, 2, 4 or 8.
  package let denominator: Int

  /// All pixels.
  package static let full = DecodeScale(denominator: 1)

  /// One in `denominator` pixels a side; 1, 2, 4 or 8.
  package init(denominator: Int) {
    precondition([1, 2, 4, 8].contains(denominator), "libjpeg reduces by 1, 2, 4 or 8 here")
    self.denominator = denominator
  }

  /// The largest reduction whose decoded long side is still at least `imageSize` pixels.
  ///
  /// A fixed function of the two arguments, so that every cache form and every run decodes an image alike.
  package static func fitting(_ source: PixelSize, imageSize: Int) -> DecodeScale {
    for denominator in [8, 4, 2] {
      let scale = DecodeScale(denominator: denominator)
      let decoded = scale.size(of: source)
      if max(decoded.width, decoded.height) >= imageSize { return scale }
    }
    return full
  }

  /// The decoded size of an image of `source` pixels: each side divided and rounded up, as libjpeg does.
  package func size(of source: PixelSize) -> PixelSize {
    PixelSize(
      width: (source.width + denominator - 1) / denominator, height: (source.height + denominator - 1) / denominator)
  }
}
