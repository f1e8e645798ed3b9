import CJPEG
import CTurboJPEG
import FeederCore
import FeederImaging

/// Turns JPEG bytes into pixels with one libjpeg-turbo handle that is used again and again.
///
/// Not Sendable, since the handle keeps state between calls. Decoding uses the accurate integer transform and smooth chroma
/// upsampling, so the pixels depend on the data and the library alone. Grey from colour is libjpeg's luma.
final class JPEGCodec: ParsingCodec {
  static let format = ImageFormat.jpeg
  static let endings = ["jpg", "jpeg"]

  private let handle: tjhandle
  /// True once a file may have left tables in the handle.
  private var isUsed = false
  /// Pixels before they are turned.
  private var stored = GrowingBuffer()
  private let rows = RowWriter()
  var opened: (file: UnsafeRawBufferPointer, header: JPEGHeader)?

  init() throws {
    guard let handle = tjInitDecompress() else {
      throw ImagingError.library(reason: String(cString: tjGetErrorStr2(nil)))
    }
    self.handle = handle
  }

  deinit { tjDestroy(handle) }

  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 2 && bytes[0] == 0xFF && bytes[1] == 0xD8
  }

  /// libjpeg holds all coefficients of a file of several scans.
  var decodesInBands: Bool { opened?.header.hasSeveralScans == false }

  func decode(_ output: DecodeOutput, into target: DecodeTarget) throws -> ImageRemarks {
    let (bytes, header) = takeOpened()
    guard case .bytes(let channels, let scale, _) = output else { preconditionFailure("a JPEG here has 8 bits") }
    let scans = try JPEGScans(header)
    guard case .whole(let target) = target else {
      try decodeRows(bytes, scans, output, channels: channels, into: target)
      return []
    }
    guard scans.isSelfContained || !isUsed else {
      // The tables of the file before would fill the gaps; a new handle has libjpeg's own, or refuses.
      try JPEGCodec().decode(bytes, scans, channels: channels, scale, into: target)
      return []
    }
    try decode(bytes, scans, channels: channels, scale, into: target)
    return []
  }

  private func decode(
    _ jpeg: UnsafeRawBufferPointer, _ scans: JPEGScans, channels: Int, _ scale: DecodeScale,
    into image: UnsafeMutableRawBufferPointer
  ) throws {
    isUsed = true
    guard channels == 3, scans.header.frame.componentCount == 1 else {
      return try decompress(jpeg, scans, scale, channels: channels, into: image)
    }
    // libjpeg spreads grey to three channels value by value: a quarter of the time that such an image takes.
    let last = UnsafeMutableRawBufferPointer(rebasing: image[(image.count / 3 * 2)...])
    try decompress(jpeg, scans, scale, channels: 1, into: last)
    spreadGrey(fillingLastThirdOf: image)
  }

  private func decompress(
    _ jpeg: UnsafeRawBufferPointer, _ scans: JPEGScans, _ scale: DecodeScale, channels: Int,
    into target: UnsafeMutableRawBufferPointer
  ) throws {
    let size = scale.size(of: scans.header.frame.size)
    let orientation = scans.header.orientation
    let pixels = orientation == .upright ? target : stored.bytes(size.width * size.height * channels)
    let status = tjDecompress2(
      handle, jpeg.assumingMemoryBound(to: UInt8.self).baseAddress, UInt(jpeg.count),
      pixels.assumingMemoryBound(to: UInt8.self).baseAddress,
      Int32(size.width), Int32(size.width * channels), Int32(size.height),
      Int32(channels == 1 ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue), TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
    if status != 0 {
      let isWarning = tjGetErrorCode(handle) == TJERR_WARNING.rawValue
      try Self.check(String(cString: tjGetErrorStr2(handle)), isWarning: isWarning, scans)
    }
    guard orientation != .upright else { return }
    orientation.turn(UnsafeRawBufferPointer(pixels), size: size, channels: channels, into: target)
  }

  /// Spare bytes before the end marker that some cameras write; more are rows that the header does not tell of.
  private static let mostSpareBytes = 64

  /// Decodes row by row, by libjpeg's own interface.
  private func decodeRows(
    _ jpeg: UnsafeRawBufferPointer, _ scans: JPEGScans, _ output: DecodeOutput, channels: Int, into target: DecodeTarget
  ) throws {
    let size = scans.header.frame.size
    let channels = min(channels, scans.header.frame.componentCount)
    var pixels = StoredPixels(.jpeg, size: size, bits: 8, order: channels == 1 ? .grey : .rgb)
    pixels.orientation = scans.header.orientation
    guard
      let decoding = feeder_jpeg_begin(
        jpeg.assumingMemoryBound(to: UInt8.self).baseAddress, jpeg.count, Int32(size.width), Int32(size.height),
        Int32(channels))
    else { throw ImagingError.library(reason: "no memory for its state") }
    defer { feeder_jpeg_end(decoding) }
    rows.start(pixels, output, into: target)
    let row = stored.bytes(pixels.rowByteCount)
    for y in 0..<size.height {
      try check(feeder_jpeg_read(decoding, 1, row.assumingMemoryBound(to: UInt8.self).baseAddress), decoding, scans)
      try rows.write(y, UnsafeRawBufferPointer(row))
    }
    try check(feeder_jpeg_finish(decoding), decoding, scans)
    try rows.finish()
  }

  private func check(_ ended: Int32, _ decoding: OpaquePointer, _ scans: JPEGScans) throws {
    guard ended != CJPEG_GOOD else { return }
    try Self.check(
      String(cString: feeder_jpeg_message(decoding)), isWarning: ended == CJPEG_WARNING, scans)
  }

  /// Throws for what libjpeg reported, unless every pixel is sound all the same.
  ///
  /// libjpeg keeps the first warning only. A few spare bytes before the end marker (D9) come after the last pixel, so nothing can
  /// have gone wrong before them; any other warning may mean invented pixels.
  private static func check(_ reason: String, isWarning: Bool, _ scans: JPEGScans) throws {
    let spare = " extraneous bytes before marker 0xd9"
    if isWarning, reason.hasSuffix(spare),
      let count = reason.dropLast(spare.count).split(separator: " ").last.flatMap({ Int($0) }),
      count <= Self.mostSpareBytes, scans.endsBehindLastPixel
    {
      return
    }
    let ends = ["Premature end of JPEG", "premature end of data", "Premature end of input"]
    throw ends.contains { reason.contains($0) }
      ? ImagingError.truncated(.jpeg, reason: reason) : .damaged(.jpeg, reason: reason)
  }
}

extension JPEGHeader: ParsedHeader {
  /// What it says in the words of every format.
  var imageHeader: ImageHeader {
    ImageHeader(
      size: orientation.turned(frame.size), channels: frame.componentCount, bitDepth: 8, orientation: orientation,
      format: .jpeg)
  }
}
