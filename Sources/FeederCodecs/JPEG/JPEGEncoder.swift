import CTurboJPEG
import FeederCore
import FeederImaging

/// How finely a JPEG keeps colour beside brightness.
package enum ChromaResolution: Sendable {
  /// As finely: 4:4:4, for drawn lines in colour.
  case full
  /// Half as finely along both axes: 4:2:0, as cameras write.
  case half
}

/// Turns pixels into JPEG bytes: accurate integer transform, grey as one component.
///
/// One a worker: not Sendable. The same pixels and quality give the same bytes with the same library.
package final class JPEGEncoder {
  private let handle: tjhandle

  /// Makes the handle. Throws `ImagingError.library` where memory is short.
  package init() throws {
    guard let handle = tjInitCompress() else {
      throw ImagingError.library(reason: String(cString: tjGetErrorStr2(nil)))
    }
    self.handle = handle
  }

  deinit { tjDestroy(handle) }

  /// A whole JPEG file of `image`, which is borrowed for the call; `quality` is libjpeg's, 1 to 100.
  ///
  /// Throws `ImagingError.tooLarge` or `.library`. A planar colour image is first copied to interleaved.
  package func encode(_ image: ImageView, quality: Int, chroma: ChromaResolution = .full) throws -> [UInt8] {
    precondition((1...100).contains(quality), "JPEG quality is 1 to 100")
    let size = image.size
    try ImageLimits.standard.check(width: size.width, height: size.height)
    if image.channels == 3, image.layout == .planar {
      return try Pixels(copying: image).withView { (copy) throws -> [UInt8] in
        try compress(copy, quality: quality, chroma)
      }
    }
    return try compress(image, quality: quality, chroma)
  }

  private func compress(_ image: ImageView, quality: Int, _ chroma: ChromaResolution) throws -> [UInt8] {
    let color = chroma == .full ? TJSAMP_444.rawValue : TJSAMP_420.rawValue
    let subsampling = Int32(image.channels == 1 ? TJSAMP_GRAY.rawValue : color)
    let format = Int32(image.channels == 1 ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue)
    let width = Int32(image.size.width)
    let height = Int32(image.size.height)
    let capacity = Int(tjBufSize(width, height, subsampling))
    return try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
      var start = buffer.baseAddress
      var count = UInt(capacity)
      let status = tjCompress2(
        handle, image.base, width, Int32(image.size.width * image.channels), height, format, &start, &count,
        subsampling, Int32(quality), TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT)
      guard status == 0 else { throw ImagingError.library(reason: String(cString: tjGetErrorStr2(handle))) }
      initialized = Int(count)
    }
  }
}

extension Pixels {
  /// Copies a borrowed image of either layout.
  package init(copying image: ImageView) {
    let bytes = [UInt8](unsafeUninitializedCapacity: image.byteCount) { buffer, initialized in
      var index = 0
      for y in 0..<image.size.height {
        for x in 0..<image.size.width {
          for channel in 0..<image.channels {
            buffer[index] = image.value(x: x, y: y, channel: channel)
            index += 1
          }
        }
      }
      initialized = index
    }
    self.init(bytes: bytes, size: image.size, channels: image.channels)
  }
}
