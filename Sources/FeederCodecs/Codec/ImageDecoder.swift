import FeederCore
import FeederImaging

/// Turns the bytes of image files into pixels, whatever their format: one codec of each format, used again and again.
///
/// One a worker: not Sendable. A file is opened, which reads its header, and then decoded; nothing is parsed twice.
package final class ImageDecoder {
  private let codecs: [any ImageCodec]
  private var opened: (codec: Int, header: ImageHeader)?
  /// What is worth a word about the image that was opened last; decoding it may add to this.
  package private(set) var remarks: ImageRemarks = []

  /// Makes the codecs. Throws `ImagingError.library` if memory is short.
  package init() throws { codecs = try ImageCodecs.all.map { try $0.init() } }

  /// Reads the header of `image`, a whole file, which stays borrowed until it is decoded. Throws `ImagingError` as
  /// `ImageHeader.init` does.
  package func open(_ image: UnsafeRawBufferPointer, limits: ImageLimits = .standard) throws -> ImageHeader {
    opened = nil
    for (number, codec) in codecs.enumerated() where type(of: codec).recognises(image) {
      let header = try codec.open(image, limits: limits)
      opened = (number, header)
      remarks = header.remarks
      return header
    }
    throw ImageCodecs.unknown(image)
  }

  /// Decodes the image that was opened last, once, into `target`, interleaved and tightly packed; returns the decoded size,
  /// `scale.size(of: header.size)`.
  ///
  /// `channels` is 1 or 3: grey from colour is its luma, colour from grey is three equal channels. Levels of more than 8 bits are mapped by
  /// `window`. `target` has at least width x height x channels bytes of the decoded size and is the caller's; after an error its
  /// content is undefined. Throws `ImagingError` for everything that is wrong with the data, truncation included.
  @discardableResult
  package func decode(
    channels: Int, scale: DecodeScale = .full, window: LevelWindow = .full,
    into target: UnsafeMutableRawBufferPointer
  ) throws -> PixelSize {
    precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels")
    let header = try decode(.bytes(channels: channels, scale: scale, window: window), into: target)
    return scale.size(of: header.size)
  }

  /// Writes the levels of the image that was opened last, once, to `target`: native numbers of 16 bits, the header's channels side by
  /// side, as the picture is seen. Only if the header `hasLevels`. Throws as `decode`.
  package func decodeLevels(into target: UnsafeMutableBufferPointer<UInt16>) throws {
    _ = try decode(.levels, into: UnsafeMutableRawBufferPointer(target))
  }

  /// Writes them to the front of `levels`, which grows if it is too short. Returns how many they are. Throws as `decode`.
  package func decodeLevels(into levels: inout [UInt16]) throws -> Int {
    guard let header = opened?.header else { preconditionFailure("an image is opened, then decoded once") }
    let count = header.size.width * header.size.height * header.channels
    if levels.count < count { levels = [UInt16](repeating: 0, count: count) }
    try levels.withUnsafeMutableBufferPointer { try decodeLevels(into: $0) }
    return count
  }

  private func decode(_ output: DecodeOutput, into target: UnsafeMutableRawBufferPointer) throws -> ImageHeader {
    guard let (codec, header) = opened else { preconditionFailure("an image is opened, then decoded once") }
    opened = nil
    precondition(output != .levels || header.hasLevels, "levels are asked of more than 8 bits")
    let byteCount = output.byteCount(of: header)
    precondition(target.count >= byteCount, "the target holds the decoded image")
    remarks.formUnion(
      try codecs[codec].decode(output, into: .whole(UnsafeMutableRawBufferPointer(rebasing: target[..<byteCount]))))
    return header
  }

  /// Most bytes that `decodeBands` needs for the image that was opened last, beside some rows: none, unless the format or
  /// the orientation makes it hold the whole picture.
  package func wholeByteCount(channels: Int) -> Int {
    guard let (codec, header) = opened else { preconditionFailure("an image is opened, then decoded once") }
    guard !codecs[codec].decodesInBands || header.orientation.swapsSides else { return 0 }
    // The picture and what it is made of: itself before it is turned, and the coefficients of a JPEG in several scans.
    let pixelCount = header.size.width * header.size.height
    return 2 * pixelCount * channels + (codecs[codec].decodesInBands ? 0 : 2 * pixelCount * header.channels)
  }

  /// Decodes the image that was opened last, once, in full, and hands it to `take` in bands of `height` rows from row 0
  /// on, the last band with the rest: the number of a band's first row, and its pixels, which are valid until `take`
  /// returns. The bands come from the top down or from the bottom up. Throws as `decode`, and what `take` throws.
  package func decodeBands(
    of height: Int, channels: Int, window: LevelWindow, take: (Int, ImageView) throws -> Void
  ) throws {
    guard let (codec, header) = opened else { preconditionFailure("an image is opened, then decoded once") }
    let output = DecodeOutput.bytes(channels: channels, scale: .full, window: window)
    guard wholeByteCount(channels: channels) > 0 else {
      opened = nil
      return try withoutActuallyEscaping(take) { take in
        let bands = PictureBands(header.size, channels: channels, height: height, take)
        defer { bands.close() }
        remarks.formUnion(try codecs[codec].decode(output, into: .bands(bands)))
      }
    }
    var memory = GrowingBuffer()
    let whole = memory.bytes(output.byteCount(of: header))
    _ = try decode(output, into: whole)
    try withoutActuallyEscaping(take) { take in
      let bands = PictureBands(header.size, channels: channels, height: height, take)
      defer { bands.close() }
      try bands.cut(UnsafeRawBufferPointer(whole))
    }
  }

  /// Opens and decodes `image` in one call.
  @discardableResult
  package func decode(
    _ image: UnsafeRawBufferPointer, channels: Int, scale: DecodeScale = .full, window: LevelWindow = .full,
    into target: UnsafeMutableRawBufferPointer
  ) throws -> PixelSize {
    _ = try open(image)
    return try decode(channels: channels, scale: scale, window: window, into: target)
  }

  /// Opens and decodes `image` into pixels of their own; for single images, since it allocates.
  package func decode(
    _ image: UnsafeRawBufferPointer, channels: Int, scale: DecodeScale = .full, window: LevelWindow = .full
  ) throws -> Pixels {
    var pixels = Pixels(size: scale.size(of: try open(image).size), channels: channels, value: 0)
    try pixels.bytes.withUnsafeMutableBytes {
      _ = try decode(channels: channels, scale: scale, window: window, into: $0)
    }
    return pixels
  }
}
