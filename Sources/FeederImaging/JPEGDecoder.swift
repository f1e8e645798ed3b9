import CTurboJPEG
import FeederCore

/// Turns JPEG bytes into pixels with one libjpeg-turbo handle that is used again and again.
///
/// One a worker: not Sendable, since the handle keeps state between calls. Decoding uses the accurate integer
/// transform and smooth chroma upsampling, so the pixels depend on the data and the library alone.
package final class JPEGDecoder {
  private let handle: tjhandle

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
    let info = try JPEGInfo(of: jpeg)
    let size = scale.size(of: info.size)
    let pixelCount = size.width * size.height
    precondition(target.count >= pixelCount * channels, "the target holds the decoded image")
    guard channels == 3, info.componentCount == 1 else {
      try decompress(jpeg, size, channels: channels, into: target)
      return size
    }
    // libjpeg spreads grey to three channels value by value: a quarter of the time that such an image takes.
    let image = UnsafeMutableRawBufferPointer(rebasing: target[..<(3 * pixelCount)])
    try decompress(jpeg, size, channels: 1, into: UnsafeMutableRawBufferPointer(rebasing: image[(2 * pixelCount)...]))
    spreadGrey(fillingLastThirdOf: image)
    return size
  }

  private func decompress(
    _ jpeg: UnsafeRawBufferPointer, _ size: PixelSize, channels: Int, into target: UnsafeMutableRawBufferPointer
  ) throws {
    let status = tjDecompress2(
      handle, jpeg.assumingMemoryBound(to: UInt8.self).baseAddress, UInt(jpeg.count),
      target.assumingMemoryBound(to: UInt8.self).baseAddress,
      Int32(size.width), Int32(size.width * channels), Int32(size.height),
      Int32(channels == 1 ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue), TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
    if status != 0, let error = lastError() { throw error }
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

  /// What the last call reported; nil where every pixel is sound all the same.
  ///
  /// libjpeg keeps the first warning only. Spare bytes before the end marker (D9), which some cameras write, come
  /// after the last pixel, so nothing can have gone wrong before them; any other warning may mean invented pixels.
  private func lastError() -> ImagingError? {
    let reason = String(cString: tjGetErrorStr2(handle))
    if tjGetErrorCode(handle) == TJERR_WARNING.rawValue, reason.hasSuffix("extraneous bytes before marker 0xd9") {
      return nil
    }
    let ends = ["Premature end of JPEG", "premature end of data", "Premature end of input"]
    return ends.contains { reason.contains($0) } ? .truncated(reason: reason) : .damaged(reason: reason)
  }
}
