import FeederCore
import FeederImaging

/// What an image file's header says, in the same words for every format; checked before anything is allocated or decoded.
package struct ImageHeader: Hashable, Sendable {
  /// Size in pixels as the picture is seen: turned as its orientation says. Decoded pixels, labels and boxes are of this size.
  package let size: PixelSize
  /// 1 for grey, 3 for colour.
  package let channels: Int
  /// Bits of a stored sample, 1...16; 8 for a palette, whose colours count. Decoded samples have 8, unless the levels are asked for.
  package let bitDepth: Int
  /// Bits that the file says its samples hold, as PNG's sBIT does; `bitDepth` if it says nothing.
  package let significantBits: Int
  /// The level of white: PNM's maxval, else the largest number of `bitDepth` bits. Above 255 exactly if `hasLevels`.
  package let whiteLevel: Int
  /// How the stored pixels are turned while they are decoded.
  package let orientation: Orientation
  /// The file's format.
  package let format: ImageFormat
  /// Pictures in the file; the first one is read.
  package let pageCount: Int
  /// What else a user should know of the file, as far as it was looked at.
  package let remarks: ImageRemarks

  /// True for samples of more than 8 bits: a `LevelWindow` maps them, and `DecodeOutput.levels` gives them as they are.
  package var hasLevels: Bool { bitDepth > 8 }

  /// Longest side accepted, in pixels; libjpeg's own JPEG_MAX_DIMENSION.
  package static let maximumSide = 65_500

  init(
    size: PixelSize, channels: Int, bitDepth: Int, significantBits: Int? = nil, whiteLevel: Int? = nil,
    orientation: Orientation, format: ImageFormat, pageCount: Int = 1, remarks: ImageRemarks = []
  ) {
    self.size = size
    self.channels = channels
    self.bitDepth = bitDepth
    self.significantBits = significantBits ?? bitDepth
    self.whiteLevel = whiteLevel ?? (1 << bitDepth - 1)
    self.orientation = orientation
    self.format = format
    self.pageCount = pageCount
    self.remarks = remarks
  }

  /// Reads the header of `image`, which is borrowed for the call and not trusted. If `image` is only the beginning of a file,
  /// `fileByteCount` says how long the file is. Allocates nothing.
  ///
  /// Throws `ImagingError` for anything that `ImageDecoder` would not decode as its header shows: other formats, kinds of pixels that
  /// are not read, too many pixels, too much memory, data that ends early.
  package init(
    of image: UnsafeRawBufferPointer, fileByteCount: Int? = nil, limits: ImageLimits = .standard
  ) throws {
    self = try ImageCodecs.codec(of: image).header(
      of: image, fileByteCount: fileByteCount ?? image.count, limits: limits)
  }
}
