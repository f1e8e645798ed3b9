import FeederCore
import FeederImaging

/// Reads WebP by libwebp, if that is installed: lossy and lossless, always as colour; alpha is dropped.
final class WebPCodec: ImageCodec {
  static let format = ImageFormat.webp
  static let endings = ["webp"]

  private let writer = RowWriter()
  private var stored = GrowingBuffer()
  private var opened: (file: UnsafeRawBufferPointer, header: WebPHeader, library: WebPLibrary)?

  init() {}

  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let file = EncodedBytes(bytes)
    return file.holds("RIFF".utf8) && file.holds("WEBP".utf8, at: 8)
  }

  /// libwebp holds the whole picture.
  var decodesInBands: Bool { false }

  static func header(
    of bytes: UnsafeRawBufferPointer, fileByteCount: Int, limits: ImageLimits
  ) throws -> ImageHeader {
    try checked(bytes, fileByteCount, WebPLibrary.installed).header.imageHeader
  }

  /// The header and the library that decodes it. Throws `ImagingError`.
  static func checked(
    _ bytes: UnsafeRawBufferPointer, _ fileByteCount: Int, _ library: WebPLibrary?
  ) throws -> (header: WebPHeader, library: WebPLibrary) {
    let header = try WebPHeader(of: EncodedBytes(bytes), fileByteCount: fileByteCount)
    guard let library else { throw ImagingError.missingLibrary(.webp, name: "libwebp", package: "libwebp7") }
    return (header, library)
  }

  func open(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) throws -> ImageHeader {
    let (header, library) = try Self.checked(bytes, bytes.count, .installed)
    opened = (bytes, header, library)
    return header.imageHeader
  }

  func decode(_ output: DecodeOutput, into target: DecodeTarget) throws -> ImageRemarks {
    guard case .whole(let target) = target else { preconditionFailure("a WebP is decoded as a whole") }
    guard let (file, header, library) = opened else { preconditionFailure("a file is opened before it is decoded") }
    opened = nil
    var pixels = StoredPixels(.webp, size: header.size, bits: 8, order: .rgb)
    pixels.orientation = header.orientation
    let rowByteCount = pixels.rowByteCount
    let isWanted =
      if case .bytes(3, .full, _) = output { header.orientation == .upright } else { false }
    let rgb = isWanted ? target : stored.bytes(rowByteCount * header.size.height)
    guard library.decode(file, into: rgb, rowByteCount: rowByteCount) else {
      throw ImagingError.damaged(.webp, reason: "libwebp cannot decode its picture")
    }
    guard !isWanted else { return [] }
    writer.start(pixels, output, into: target)
    try writer.write(
      UnsafeRawBufferPointer(rgb), stride: rowByteCount, count: header.size.height, first: 0, step: 1)
    try writer.finish()
    return []
  }
}
