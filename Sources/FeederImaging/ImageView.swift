import FeederCore

/// The order of an image's bytes.
package enum PixelLayout: Hashable, Sendable {
  /// H x W x C: the channels of a pixel side by side.
  case interleaved
  /// C x H x W: one channel after the other.
  case planar
}

/// Pixels that somebody else owns, read only: 8 bits a channel, rows tightly packed.
///
/// Valid only as long as the owner's memory; never stored. Two views never differ in anything but their fields, so
/// a planar and an interleaved view of one channel are the same image.
package struct ImageView {
  /// The first byte of `size.width * size.height * channels`.
  package let base: UnsafePointer<UInt8>
  /// Size in pixels.
  package let size: PixelSize
  /// 1 (grey) or 3 (red, green, blue).
  package let channels: Int
  /// The order of the bytes.
  package let layout: PixelLayout

  /// A view of `size.width * size.height * channels` bytes from `base` on.
  package init(base: UnsafePointer<UInt8>, size: PixelSize, channels: Int, layout: PixelLayout) {
    precondition(size.width > 0 && size.height > 0, "an image has at least one pixel")
    precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels")
    self.base = base
    self.size = size
    self.channels = channels
    self.layout = layout
  }

  /// A view of the first `size.width * size.height * channels` of `bytes`, which must be so many.
  package init(_ bytes: UnsafeRawBufferPointer, size: PixelSize, channels: Int, layout: PixelLayout) {
    guard let base = bytes.assumingMemoryBound(to: UInt8.self).baseAddress,
      bytes.count >= size.width * size.height * channels
    else { preconditionFailure("\(bytes.count) bytes hold no image of \(size.width) x \(size.height) x \(channels)") }
    self.init(base: base, size: size, channels: channels, layout: layout)
  }

  /// Bytes of the whole image.
  package var byteCount: Int { size.width * size.height * channels }
  /// Bytes from a pixel to its right neighbour.
  package var pixelStride: Int { layout == .interleaved ? channels : 1 }
  /// Bytes from a pixel to the one below.
  package var rowStride: Int { size.width * pixelStride }
  /// Bytes from a channel's value to the next channel's of the same pixel.
  package var planeStride: Int { layout == .interleaved ? 1 : size.width * size.height }

  /// One channel of one pixel; for tests and single look-ups, not for loops over images.
  package func value(x: Int, y: Int, channel: Int) -> UInt8 {
    base[y * rowStride + x * pixelStride + channel * planeStride]
  }
}

/// An image that owns its pixels: interleaved, 8 bits a channel, rows tightly packed.
package struct Pixels: Hashable, Sendable {
  /// `size.width * size.height * channels` bytes, H x W x C.
  package var bytes: [UInt8]
  /// Size in pixels.
  package let size: PixelSize
  /// 1 (grey) or 3 (red, green, blue).
  package let channels: Int

  /// Takes over `bytes`, H x W x C.
  package init(bytes: [UInt8], size: PixelSize, channels: Int) {
    precondition(bytes.count == size.width * size.height * channels, "the bytes fill the image exactly")
    self.bytes = bytes
    self.size = size
    self.channels = channels
  }

  /// An image of one `value` in every channel.
  package init(size: PixelSize, channels: Int, value: UInt8) {
    self.init(
      bytes: [UInt8](repeating: value, count: size.width * size.height * channels), size: size, channels: channels)
  }

  /// Lends the pixels to `body` without a copy.
  package func withView<Result, Failure: Error>(
    _ body: (ImageView) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let size = size
    let channels = channels
    return try bytes.withUnsafeBufferPointer { (buffer) throws(Failure) -> Result in
      guard let base = buffer.baseAddress else { preconditionFailure("an image has at least one pixel") }
      return try body(ImageView(base: base, size: size, channels: channels, layout: .interleaved))
    }
  }
}

/// A place for one image in memory that somebody else owns: C x H x W bytes, such as an image's part of a batch slot.
///
/// Whoever holds it writes alone; valid only as long as the owner's memory.
package struct PlanarTarget {
  /// The first byte of `channels * size.height * size.width`.
  package let base: UnsafeMutablePointer<UInt8>
  /// Size in pixels.
  package let size: PixelSize
  /// 1 (grey) or 3 (red, green, blue).
  package let channels: Int

  /// A place of `channels * size.height * size.width` bytes from `base` on.
  package init(base: UnsafeMutablePointer<UInt8>, size: PixelSize, channels: Int) {
    precondition(size.width > 0 && size.height > 0, "an image has at least one pixel")
    precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels")
    self.base = base
    self.size = size
    self.channels = channels
  }

  /// A place of the first `channels * size.height * size.width` of `bytes`, which must be so many.
  package init(_ bytes: UnsafeMutableRawBufferPointer, size: PixelSize, channels: Int) {
    guard let base = bytes.assumingMemoryBound(to: UInt8.self).baseAddress,
      bytes.count >= size.width * size.height * channels
    else { preconditionFailure("\(bytes.count) bytes hold no image of \(size.width) x \(size.height) x \(channels)") }
    self.init(base: base, size: size, channels: channels)
  }

  /// Bytes of one channel.
  package var planeByteCount: Int { size.width * size.height }
  /// Bytes of the whole image.
  package var byteCount: Int { planeByteCount * channels }
  /// The same pixels, to read.
  package var view: ImageView {
    ImageView(base: UnsafePointer(base), size: size, channels: channels, layout: .planar)
  }
}
