/// The header of one format, as its codec keeps it from `open` to `decode`.
protocol ParsedHeader {
  /// Reads and checks the header of `bytes`, a file of `fileByteCount` bytes or its beginning. Throws `ImagingError`.
  init(of bytes: EncodedBytes, fileByteCount: Int, limits: ImageLimits) throws
  /// The same in the words of every format.
  var imageHeader: ImageHeader { get }
}

/// A codec that needs nothing but the parsed header and the bytes of a file to decode it.
protocol ParsingCodec: ImageCodec {
  associatedtype Header: ParsedHeader
  /// The file that was opened and not decoded yet.
  var opened: (file: UnsafeRawBufferPointer, header: Header)? { get set }
}

extension ParsingCodec {
  static func header(
    of bytes: UnsafeRawBufferPointer, fileByteCount: Int, limits: ImageLimits
  ) throws -> ImageHeader {
    try Header(of: EncodedBytes(bytes), fileByteCount: fileByteCount, limits: limits).imageHeader
  }

  func open(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) throws -> ImageHeader {
    let header = try Header(of: EncodedBytes(bytes), fileByteCount: bytes.count, limits: limits)
    opened = (bytes, header)
    return header.imageHeader
  }

  /// The file that was opened last. It can be taken once.
  func takeOpened() -> (file: UnsafeRawBufferPointer, header: Header) {
    guard let taken = opened else { preconditionFailure("a file is opened before it is decoded") }
    opened = nil
    return taken
  }
}
