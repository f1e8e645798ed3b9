import CTurboJPEG
import FeederCodecs
import FeederCore

/// Only libjpeg-turbo's decode call: the floor of Feeder's own decoding of JPEG. `BareUnpacker` has the floors of other formats.
///
/// Uses the same flags as `JPEGCodec`, but checks neither the data before the call nor warnings after it. One per
/// thread.
package final class BareDecoder {
  private let handle: tjhandle
  private let unpacker = BareUnpacker()

  /// Makes the handle. Throws `ImagingError.library` if memory is short.
  package init() throws {
    guard let handle = tjInitDecompress() else {
      throw ImagingError.library(reason: String(cString: tjGetErrorStr2(nil)))
    }
    self.handle = handle
  }

  deinit { tjDestroy(handle) }

  /// Decodes to `size` pixels, interleaved. `size` is the image's own or a reduction that libjpeg offers; `channels` is
  /// 1 or 3.
  ///
  /// `target` must have at least width x height x channels bytes. libjpeg never writes more. Other formats leave it unchanged.
  package func decode(
    _ jpeg: UnsafeRawBufferPointer, size: PixelSize, channels: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    precondition(size.width > 0 && size.height > 0, "an image has at least one pixel")
    precondition(target.count >= size.width * size.height * channels, "the target holds the decoded image")
    guard jpeg.starts(with: [0xFF, 0xD8]) else {
      unpacker.unpack(jpeg)
      return
    }
    _ = tjDecompress2(
      handle, jpeg.assumingMemoryBound(to: UInt8.self).baseAddress, UInt(jpeg.count),
      target.assumingMemoryBound(to: UInt8.self).baseAddress,
      Int32(size.width), Int32(size.width * channels), Int32(size.height),
      Int32(channels == 1 ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue), TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
  }
}
