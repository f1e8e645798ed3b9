import CTurboJPEG
import FeederCore

/// Turns JPEG bytes into pixels with one libjpeg-turbo handle that is used again and again.
///
/// One a worker: not Sendable, since the handle keeps state between calls. Decoding uses the accurate integer
/// transform and smooth chroma upsampling, so the pixels depend on the data and the library alone. They are turned as the
/// file's orientation says: what comes out is the picture as it is seen.
package final class JPEGDecoder {
  private let handle: tjhandle
  /// True once a file may have left tables in the handle.
  private var isUsed = false
  /// Pixels before they are turned.
  private var stored = GrowingBuffer()

  /// Makes the handle. Throws `ImagingError.library` where memory is short.
  package init() throws {
    guard let handle = tjInitDecompress() else {
      throw ImagingError.library(reason: String(cString: tjGetErrorStr2(nil)))
    }
    self.handle = handle
  }

  deinit { tjDestroy(handle) }

  /// Size and component count, from the header alone; nothing is allocated. Throws as `decode` would for the header.
  package func info(of jpeg: UnsafeRawBufferPointer) throws -> JPEGInfo { try JPEGInfo(of: jpeg) }

  /// Decodes into `target`, interleaved and tightly packed; returns the decoded size, `scale.size(of: info.size)`.
  ///
  /// `channels` is 1 or 3: grey from colour is libjpeg's luma, colour from grey is three equal channels. `target` has
  /// at least width x height x channels bytes of the decoded size and is the caller's; after an error its content is
  /// undefined. Throws `ImagingError` for everything that is wrong with the data, truncation included.
  @discardableResult
  package func decode(
    _ jpeg: UnsafeRawBufferPointer, channels: Int, scale: DecodeScale = .full,
    into target: UnsafeMutableRawBufferPointer
  ) throws -> PixelSize {
    precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels")
    let header = try JPEGHeader(of: JPEGBytes(jpeg), fileByteCount: jpeg.count)
    let scans = try JPEGScans(header)
    guard scans.isSelfContained || !isUsed else {
      // The tables of the file before would fill the gaps; a new handle has libjpeg's own, or refuses.
      return try JPEGDecoder().decode(jpeg, channels: channels, scale: scale, into: target)
    }
    isUsed = true
    let size = scale.size(of: JPEGInfo(header).size)
    let pixelCount = size.width * size.height
    precondition(target.count >= pixelCount * channels, "the target holds the decoded image")
    let image = UnsafeMutableRawBufferPointer(rebasing: target[..<(channels * pixelCount)])
    guard channels == 3, header.frame.componentCount == 1 else {
      try decompress(jpeg, scans, scale, channels: channels, into: image)
      return size
    }
    // libjpeg spreads grey to three channels value by value: a quarter of the time that such an image takes.
    let last = UnsafeMutableRawBufferPointer(rebasing: image[(2 * pixelCount)...])
    try decompress(jpeg, scans, scale, channels: 1, into: last)
    spreadGrey(fillingLastThirdOf: image)
    return size
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

  /// Decodes into pixels of their own; for single images, since it allocates.
  package func decode(
    _ jpeg: UnsafeRawBufferPointer, channels: Int, scale: DecodeScale = .full
  ) throws -> Pixels {
    let size = scale.size(of: try JPEGInfo(of: jpeg).size)
    let count = size.width * size.height * channels
    let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      try decode(jpeg, channels: channels, scale: scale, into: UnsafeMutableRawBufferPointer(buffer))
      initialized = count
    }
    return Pixels(bytes: bytes, size: size, channels: channels)
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
    return ends.contains { reason.contains($0) } ? .truncated(reason: reason) : .damaged(reason: reason)
  }
}
