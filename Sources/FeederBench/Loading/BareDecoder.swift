import CTurboJPEG
import FeederCore
import FeederImaging

/// libjpeg-turbo's decoding call and nothing around it: the floor that `feeder bench` holds its own decoding against.
///
/// The same flags as `JPEGCodec`, but no look at the data before the call and none at its warnings after it. One a thread.
package final class BareDecoder {
  private let handle: tjhandle

  /// Makes the handle. Throws `ImagingError.library` where memory is short.
  package init() throws {
    guard let handle = tjInitDecompress() else {
      throw ImagingError.library(reason: String(cString: tjGetErrorStr2(nil)))
    }
    self.handle = handle
  }

  deinit { tjDestroy(handle) }

  /// Decodes to `size` pixels, the image's own size or a reduction of it that libjpeg has, interleaved; `channels` is 1 or 3.
  ///
  /// `target` has at least width x height x channels bytes; libjpeg writes no more, whatever the data says.
  package func decode(
    _ jpeg: UnsafeRawBufferPointer, size: PixelSize, channels: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    precondition(size.width > 0 && size.height > 0, "an image has at least one pixel")
    precondition(target.count >= size.width * size.height * channels, "the target holds the decoded image")
    _ = tjDecompress2(
      handle, jpeg.assumingMemoryBound(to: UInt8.self).baseAddress, UInt(jpeg.count),
      target.assumingMemoryBound(to: UInt8.self).baseAddress,
      Int32(size.width), Int32(size.width * channels), Int32(size.height),
      Int32(channels == 1 ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue), TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
  }
}
