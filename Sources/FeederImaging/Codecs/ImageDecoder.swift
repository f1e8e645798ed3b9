import FeederCore

/// Turns the bytes of image files into pixels, whatever their format: one codec of each format, used again and again.
///
/// One a worker: not Sendable. A file is opened, which reads its header, and then decoded; nothing is parsed twice.
package final class ImageDecoder {
  private let codecs: [any ImageCodec]
  private var opened: (codec: Int, header: ImageHeader)?

  /// Makes the codecs. Throws `ImagingError.library` if memory is short.
  package init() throws { codecs = try ImageCodecs.all.map { try $0.init() } }

  /// Reads the header of `image`, a whole file, which stays borrowed until it is decoded. Throws `ImagingError` as
  /// `ImageHeader.init` does.
  package func open(_ image: UnsafeRawBufferPointer) throws -> ImageHeader {
    opened = nil
    for (number, codec) in codecs.enumerated() where type(of: codec).recognises(image) {
      let header = try codec.open(image)
      opened = (number, header)
      return header
    }
    throw ImageCodecs.unknown(image)
  }

  /// Decodes the image that was opened last, once, into `target`, interleaved and tightly packed; returns the decoded size,
  /// `scale.size(of: header.size)`.
  ///
  /// `channels` is 1 or 3: grey from colour is its luma, colour from grey is three equal channels. `target` has at least
  /// width x height x channels bytes of the decoded size and is the caller's; after an error its content is undefined. Throws
  /// `ImagingError` for everything that is wrong with the data, truncation included.
  @discardableResult
  package func decode(
    channels: Int, scale: DecodeScale = .full, into target: UnsafeMutableRawBufferPointer
  ) throws -> PixelSize {
    precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels")
    guard let (codec, header) = opened else { preconditionFailure("an image is opened, then decoded once") }
    opened = nil
    let size = scale.size(of: header.size)
    let byteCount = size.width * size.height * channels
    precondition(target.count >= byteCount, "the target holds the decoded image")
    try codecs[codec].decode(
      channels: channels, scale: scale, into: UnsafeMutableRawBufferPointer(rebasing: target[..<byteCount]))
    return size
  }

  /// Opens and decodes `image` in one call.
  @discardableResult
  package func decode(
    _ image: UnsafeRawBufferPointer, channels: Int, scale: DecodeScale = .full,
    into target: UnsafeMutableRawBufferPointer
  ) throws -> PixelSize {
    _ = try open(image)
    return try decode(channels: channels, scale: scale, into: target)
  }

  /// Opens and decodes `image` into pixels of their own; for single images, since it allocates.
  package func decode(
    _ image: UnsafeRawBufferPointer, channels: Int, scale: DecodeScale = .full
  ) throws -> Pixels {
    var pixels = Pixels(size: scale.size(of: try open(image).size), channels: channels, value: 0)
    try pixels.bytes.withUnsafeMutableBytes { _ = try decode(channels: channels, scale: scale, into: $0) }
    return pixels
  }
}
