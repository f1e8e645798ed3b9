import FeederCodecs
import FeederCore

/// The memory to decode the largest of many images: its pixels, twice as much if EXIF turns it, and a tile of it.
struct DecodeRoom {
  private let channels: Int
  private let imageSize: Int
  private let tileSide: Int?
  private var last: (size: PixelSize, isTurned: Bool)?
  private var pixelCount = 0
  private var turnedPixelCount = 0
  private var tilePixelCount = 0
  /// Width of the widest image after decoding, or of the widest tile, in pixels.
  private(set) var width = 1

  /// For images that are decoded to `channels` at the scale that fits `imageSize`; if there is a `tileSide`, in full,
  /// for tiles of at most so many pixels per side.
  init(channels: Int, imageSize: Int, tileSide: Int?) {
    self.channels = channels
    self.imageSize = tileSide == nil ? imageSize : .max
    self.tileSide = tileSide
  }

  /// Bytes that suffice to decode each of the images.
  var byteCount: Int { (pixelCount + turnedPixelCount) * channels + tileByteCount }
  /// Bytes of the largest tile; 0 without tiles.
  var tileByteCount: Int { tilePixelCount * channels }

  /// Notes an image of `size`, as seen after rotation.
  mutating func note(_ size: PixelSize, isTurned: Bool) {
    if let last, last == (size, isTurned) { return }  // most data sets have few sizes
    last = (size, isTurned)
    let decoded = DecodeScale.fitting(size, imageSize: imageSize).size(of: size)
    let tile = PixelSize(
      width: min(decoded.width, tileSide ?? .max), height: min(decoded.height, tileSide ?? .max))
    width = max(width, tile.width)
    if tileSide != nil { tilePixelCount = max(tilePixelCount, tile.width * tile.height) }
    pixelCount = max(pixelCount, decoded.width * decoded.height)
    if isTurned { turnedPixelCount = max(turnedPixelCount, decoded.width * decoded.height) }
  }
}
