import FeederCore
import FeederImaging

/// What the largest of many images takes while it is decoded: its pixels, and once more those of one that is turned.
struct DecodeRoom {
  private let channels: Int
  private let imageSize: Int
  private var last: (size: PixelSize, isTurned: Bool)?
  private var pixelCount = 0
  private var turnedPixelCount = 0
  /// Width in pixels of the widest image as it is decoded.
  private(set) var width = 1

  /// Images are decoded to `channels` at the scale that fits `imageSize`.
  init(channels: Int, imageSize: Int) {
    self.channels = channels
    self.imageSize = imageSize
  }

  /// Bytes for any of the images.
  var byteCount: Int { (pixelCount + turnedPixelCount) * channels }

  /// Notes an image of `size` as it is seen.
  mutating func note(_ size: PixelSize, isTurned: Bool) {
    if let last, last == (size, isTurned) { return }  // most data sets have few sizes
    last = (size, isTurned)
    let decoded = DecodeScale.fitting(size, imageSize: imageSize).size(of: size)
    width = max(width, decoded.width)
    pixelCount = max(pixelCount, decoded.width * decoded.height)
    if isTurned { turnedPixelCount = max(turnedPixelCount, decoded.width * decoded.height) }
  }
}
