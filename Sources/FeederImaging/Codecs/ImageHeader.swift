import FeederCore

/// What an image file's header says, in the same words for every format; checked before anything is allocated or decoded.
package struct ImageHeader: Hashable, Sendable {
  /// Size in pixels as the picture is seen: turned as its orientation says. Decoded pixels, labels and boxes are of this size.
  package let size: PixelSize
  /// 1 for grey, 3 for colour.
  package let channels: Int
  /// Bits of a stored sample. Decoded samples have 8.
  package let bitDepth: Int
  /// How the stored pixels are turned while they are decoded.
  package let orientation: Orientation
  /// The file's format.
  package let format: ImageFormat

  /// Longest side accepted, in pixels; libjpeg's own JPEG_MAX_DIMENSION.
  package static let maximumSide = 65_500
  /// Most pixels accepted; twice 89,478,485, at which Pillow refuses an image as a decompression bomb.
  package static let maximumPixelCount = 178_956_970
  /// Largest file accepted: 12 bits for each of the most pixels.
  package static let maximumFileByteCount = 256 << 20

  init(size: PixelSize, channels: Int, bitDepth: Int, orientation: Orientation, format: ImageFormat) {
    self.size = size
    self.channels = channels
    self.bitDepth = bitDepth
    self.orientation = orientation
    self.format = format
  }

  /// Reads the header of `image`, which is borrowed for the call and not trusted. If `image` is only the beginning of a file,
  /// `fileByteCount` says how long the file is. Allocates nothing.
  ///
  /// Throws `ImagingError` for anything that `ImageDecoder` would not decode as its header shows: other formats, kinds of pixels that
  /// are not read, too many pixels, too much memory, data that ends early.
  package init(of image: UnsafeRawBufferPointer, fileByteCount: Int? = nil) throws {
    self = try ImageCodecs.codec(of: image).header(of: image, fileByteCount: fileByteCount ?? image.count)
  }

  /// Throws `ImagingError.tooLarge` if an image of `width` x `height` pixels is beyond the limits.
  static func checkSize(width: Int, height: Int) throws {
    guard width <= maximumSide, height <= maximumSide, width * height <= maximumPixelCount else {
      throw ImagingError.tooLarge(width: width, height: height)
    }
  }
}
