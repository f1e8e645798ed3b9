import FeederCore
import FeederImaging

/// Reads one format. A new format is one file with a type that conforms to this, and its line in `ImageCodecs.all`.
///
/// One a worker: an instance keeps a library's handle and buffers from image to image, and allocates nothing for an image once these
/// have grown. What it decodes is the picture as it is seen: turned, with 8 bits a sample unless the levels are asked for.
protocol ImageCodec: AnyObject, SendableMetatype {
  /// The format it reads.
  static var format: ImageFormat { get }
  /// The endings of its files in small letters; the first is the one that Feeder writes.
  static var endings: [String] { get }
  /// True if a file that begins with `bytes` is of the format. Sixteen bytes are enough.
  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool
  /// The header of `bytes`, a file of `fileByteCount` bytes or its beginning, checked against `limits` and every other limit. Throws
  /// `ImagingError`.
  static func header(of bytes: UnsafeRawBufferPointer, fileByteCount: Int, limits: ImageLimits) throws -> ImageHeader
  /// Makes the handle. Throws `ImagingError.library` if memory is short.
  init() throws
  /// Reads the header of a whole file, and keeps what `decode` needs of it. `bytes` stay borrowed until `decode` returns.
  /// Throws as `header(of:fileByteCount:limits:)`.
  func open(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) throws -> ImageHeader
  /// True if `decode` gives bands of the opened file with no more memory than some rows, in any orientation that keeps rows as rows.
  var decodesInBands: Bool { get }
  /// Decodes the file that was opened last, once, into `target`: interleaved, tightly packed, exactly `output.byteCount(of: header)` bytes.
  /// Bands are asked only of a file that `decodesInBands`.
  /// `.levels` is only asked of headers with `hasLevels`. Returns what decoding found beyond the header's remarks. Throws
  /// `ImagingError` for everything that is wrong with the data, truncation included. `RowWriter` does what all formats share.
  func decode(_ output: DecodeOutput, into target: DecodeTarget) throws -> ImageRemarks
}

/// The formats that Feeder reads.
package enum ImageCodecs {
  /// One codec a format.
  static let all: [any ImageCodec.Type] = [
    JPEGCodec.self, PNGCodec.self, BMPCodec.self, TIFFCodec.self, PNMCodec.self, WebPCodec.self,
  ]

  /// The endings of all formats, in small letters.
  package static let endings = all.flatMap { $0.endings }

  /// The names of all formats, as in "no JPEG or PNG files".
  package static let names: String = {
    let names = all.map { $0.format.name }
    return [names.dropLast().joined(separator: ", "), names.suffix(1).joined()].filter { !$0.isEmpty }
      .joined(separator: " or ")
  }()

  /// The ending that Feeder gives files of `format`.
  package static func ending(of format: ImageFormat) -> String {
    guard let ending = all.first(where: { $0.format == format })?.endings.first else {
      preconditionFailure("every format has a codec, and every codec an ending")
    }
    return ending
  }

  /// True if an image file of a known format begins with `bytes`.
  package static func recognise(_ bytes: UnsafeRawBufferPointer) -> Bool { all.contains { $0.recognises(bytes) } }

  /// The codec of a file. Throws `ImagingError.emptyFile` and `.unknownFormat`.
  static func codec(of bytes: UnsafeRawBufferPointer) throws -> any ImageCodec.Type {
    for codec in all where codec.recognises(bytes) { return codec }
    throw unknown(bytes)
  }

  /// Why no codec takes `bytes`.
  static func unknown(_ bytes: UnsafeRawBufferPointer) -> ImagingError {
    bytes.isEmpty ? .emptyFile : .unknownFormat(looksLike: ForeignFormat.name(of: EncodedBytes(bytes)))
  }
}
