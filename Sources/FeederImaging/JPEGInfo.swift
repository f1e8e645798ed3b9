import FeederCore

/// What a JPEG's header says, checked before anything is allocated or decoded.
package struct JPEGInfo: Hashable, Sendable {
  /// Size in pixels as the picture is seen: turned as its orientation says. Decoded pixels, labels and boxes are of this size.
  package let size: PixelSize
  /// 1 for grey, 3 for colour.
  package let componentCount: Int
  /// How the stored pixels are turned while they are decoded.
  package let orientation: Orientation

  /// Longest side accepted, in pixels; libjpeg's own JPEG_MAX_DIMENSION.
  package static let maximumSide = 65_500
  /// Most pixels accepted; twice 89,478,485, where Pillow refuses an image as a decompression bomb.
  package static let maximumPixelCount = 178_956_970
  /// Largest file accepted: 12 bits for each of the most pixels.
  package static let maximumFileByteCount = 256 << 20

  /// Reads the markers up to the first scan. `jpeg` is borrowed for the call and not trusted; where it is the beginning of a file
  /// only, `fileByteCount` says how long that is.
  ///
  /// Throws `ImagingError` for anything that `JPEGDecoder` would not decode as its header shows: other formats, CMYK, arithmetic
  /// coding, 12-bit samples, too many pixels, too much memory, data that ends early.
  package init(of jpeg: UnsafeRawBufferPointer, fileByteCount: Int? = nil) throws {
    self.init(try JPEGHeader(of: JPEGBytes(jpeg), fileByteCount: fileByteCount ?? jpeg.count))
  }

  /// What `header` says.
  init(_ header: JPEGHeader) {
    size = header.orientation.turned(header.frame.size)
    componentCount = header.frame.componentCount
    orientation = header.orientation
  }
}
