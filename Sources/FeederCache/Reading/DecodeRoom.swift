import FeederCodecs
import FeederCore

/// The memory to decode the largest of many images: its pixels, and twice as much if EXIF turns it.
struct DecodeRoom {
  private let channels: Int
  private let imageSize: Int
  private var last: (size: PixelSize, isTurned: Bool)?
  private var pixelCount = 0
  private var turnedPixelCount = 0
  /// Width of the widest image after decoding, in pixels.
  private(set) var width = 1

  /// For images that are decoded to `channels` at the scale that fits `imageSize`.
  init(channels: Int, imageSize: Int) {
    self.channels = channels
    self.imageSize = imageSize
  }

  /// Bytes that suffice for each of the images.
  var byteCount: Int { (pixelCount + turnedPixelCount) * channels }

  /// Notes an image of `size`, as seen after rotation.
  mutating func note(_ size: PixelSize, isTurned: Bool) {
    if let last, last == (size, isTurned) { return }  // most data sets have few sizes
    last = (size, isTurned)
    let decoded = DecodeScale.fitting(size, imageSize: imageSize).size(of: size)
    width = max(width, decoded.width)
    pixelCount = max(pixelCount, decoded.width * decoded.height)
    if isTurned { turnedPixelCount = max(turnedPixelCount, decoded.width * decoded.height) }
  }
}
