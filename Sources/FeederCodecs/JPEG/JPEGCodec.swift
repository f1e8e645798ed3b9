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

  func decode(_ output: DecodeOutput, into target: UnsafeMutableRawBufferPointer) throws -> ImageRemarks {
    let (bytes, header) = takeOpened()
    guard case .bytes(let channels, let scale, _) = output else { preconditionFailure("a JPEG here has 8 bits") }
    let scans = try JPEGScans(header)
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
    if status != 0, let error = lastError(scans) { throw error }
    guard orientation != .upright else { return }
    orientation.turn(UnsafeRawBufferPointer(pixels), size: size, channels: channels, into: target)
  }

  /// Spare bytes before the end marker that some cameras write; more are rows that the header does not tell of.
  private static let mostSpareBytes = 64

  /// What the last call reported; nil where every pixel is sound all the same.
  ///
  /// libjpeg keeps the first warning only. A few spare bytes before the end marker (D9) come after the last pixel, so nothing can
  /// have gone wrong before them; any other warning may mean invented pixels.
  private func lastError(_ scans: JPEGScans) -> ImagingError? {
    let reason = String(cString: tjGetErrorStr2(handle))
    let spare = " extraneous bytes before marker 0xd9"
    if tjGetErrorCode(handle) == TJERR_WARNING.rawValue, reason.hasSuffix(spare),
      let count = reason.dropLast(spare.count).split(separator: " ").last.flatMap({ Int($0) }),
      count <= Self.mostSpareBytes, scans.endsBehindLastPixel
    {
      return nil
    }
    let ends = ["Premature end of JPEG", "premature end of data", "Premature end of input"]
    return ends.contains { reason.contains($0) } ? .truncated(.jpeg, reason: reason) : .damaged(.jpeg, reason: reason)
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
