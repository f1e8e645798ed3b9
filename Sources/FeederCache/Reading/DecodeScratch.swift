import FeederCodecs
import FeederCore
import FeederImaging
import Foundation

/// The tools of one worker to read and decode images: a decoder and buffers, which only grow. It keeps them from image
/// to image.
///
/// Unchecked because it is handed to the thread that uses it. Invariant: one thread at a time uses it.
package final class DecodeScratch: @unchecked Sendable {
  /// The work since the last `takeTimes`.
  package struct Times: Sendable {
    /// Nanoseconds of reads from storage: source files, and records that were not in memory.
    package var readNanoseconds = 0
    /// Bytes of requested records and source files, from memory or storage.
    package var readByteCount = 0
    /// Bytes of these that were not in memory, as far as the system shows it.
    package var missedByteCount = 0
    /// Nanoseconds of decoding.
    package var decodeNanoseconds = 0
    /// Number of decoded images.
    package var decodedCount = 0
  }

  /// The worker's decoder.
  package let decoder: ImageDecoder
  /// The bytes of the mapped record that holds the pixels prepared last; nil if they are in an own buffer.
  var lent: UnsafeRawBufferPointer?
  private var pixels = GrowingBuffer()
  private var file = GrowingBuffer()
  private var planes = GrowingBuffer()
  private let pixelScratch = PixelScratch()
  private var times = Times()

  /// Maps the levels of whole pictures.
  private let pictureWindow: LevelWindow

  /// Makes a decoder; `pictureWindow` maps the levels of `picture`. Throws `ImagingError.library` if a codec cannot start.
  package init(pictureWindow: LevelWindow = .full) throws {
    decoder = try ImageDecoder()
    self.pictureWindow = pictureWindow
  }

  /// The work since the last call; resets it.
  package func takeTimes() -> Times {
    defer { times = Times() }
    times.missedByteCount = min(times.missedByteCount, times.readByteCount)
    return times
  }

  /// Decodes `encoded`, an image file, to `channels` at the scale that fits `imageSize`; `window` maps levels of more
  /// than 8 bits. The pixels (H x W x C) are valid until the next call that decodes.
  ///
  /// Throws `CacheError.damagedImage`, which names `path`, if the file does not decode, and `.changedSource` if its
  /// size is not `expected`. Nil accepts every size.
  func decode(
    _ encoded: UnsafeRawBufferPointer, path: @autoclosure () -> String, size expected: PixelSize?, channels: Int,
    imageSize: Int, window: LevelWindow
  ) throws -> ImageView {
    lent = nil
    let watch = Stopwatch()
    do {
      let source = try decoder.open(encoded).size
      guard expected == nil || source == expected else { throw CacheError.changedSource(path: path()) }
      let scale = DecodeScale.fitting(source, imageSize: imageSize)
      let size = scale.size(of: source)
      let target = pixels.bytes(size.width * size.height * channels)
      try decoder.decode(channels: channels, scale: scale, window: window, into: target)
      times.decodeNanoseconds += watch.nanoseconds
      times.decodedCount += 1
      return ImageView(UnsafeRawBufferPointer(target), size: size, channels: channels, layout: .interleaved)
    } catch let error as ImagingError {
      times.decodeNanoseconds += watch.nanoseconds
      throw CacheError.damagedImage(path: path(), reason: error.description)
    }
  }

  /// A copy of `image`, valid until the next call that decodes. For sources that make their images.
  package func copy(_ image: Pixels) -> ImageView {
    lent = nil
    let target = pixels.bytes(image.bytes.count)
    target.copyBytes(from: image.bytes)
    return ImageView(
      UnsafeRawBufferPointer(target), size: image.size, channels: image.channels, layout: .interleaved)
  }

  /// The most bytes of an image that is decoded by way of the buffer: three quarters of the core's own cache, or 768
  /// KiB if the system does not give its size.
  private static let largestStream = max(sysconf(Int32(_SC_LEVEL2_CACHE_SIZE)), 1 << 20) / 4 * 3

  /// Decodes `encoded`, an image file of `expected` pixels, in full to the start of `target`, which is not read soon.
  ///
  /// Decoding straight into a slot misses the cache line by line: it costs 6 % (1 x 640 x 640) to 10 % (3 channels)
  /// more than decoding into a reused buffer. Decoding into the buffer and streaming it out costs 3 %
  /// (docs/measurements/loader.md). Throws as `decode`.
  func decodeNative(
    _ encoded: UnsafeRawBufferPointer, path: @autoclosure () -> String, size expected: PixelSize, channels: Int,
    into target: UnsafeMutableRawBufferPointer
  ) throws {
    do {
      let header = try decoder.open(encoded)
      guard header.size == expected else { throw CacheError.changedSource(path: path()) }
      let planes = header.channels == 1 ? 1 : channels  // grey is spread to all channels during the copy
      let count = expected.width * expected.height * planes
      guard count <= Self.largestStream else { return _ = try decoder.decode(channels: channels, into: target) }
      let buffer = pixels.bytes(count)
      try decoder.decode(channels: planes, into: buffer)
      if planes == channels {
        streamCopy(UnsafeRawBufferPointer(buffer), into: target)
      } else {
        streamGrey(UnsafeRawBufferPointer(buffer), into: target)
      }
    } catch let error as ImagingError {
      throw CacheError.damagedImage(path: path(), reason: error.description)
    }
  }

  /// Reads and decodes a whole image file to 3 or 1 channels, after EXIF rotation. For single pictures, because it
  /// allocates. Throws `CacheError.damagedImage` if the file cannot be read or decoded.
  package func picture(_ path: String, channels: Int = 3) throws -> Pixels {
    let bytes = try read(path).bytes
    do {
      return try decoder.decode(bytes, channels: channels, window: pictureWindow)
    } catch let error as ImagingError {
      throw CacheError.damagedImage(path: path, reason: error.description)
    }
  }

  /// The image as C x H x W, in a buffer that the next call reuses.
  func planar(_ image: ImageView) -> UnsafeRawBufferPointer {
    let bytes = planes.bytes(image.byteCount)
    letterbox(
      image, geometry: Letterbox(source: image.size, target: image.size),
      into: PlanarTarget(bytes, size: image.size, channels: image.channels), scratch: pixelScratch)
    return UnsafeRawBufferPointer(bytes)
  }

  /// Reads at most `limit` bytes of a file. Returns them, valid until the next call, with the file's stamp. Throws
  /// `CacheError.damagedImage` if the file cannot be read.
  func read(_ path: String, limit: Int = .max) throws -> (bytes: UnsafeRawBufferPointer, stamp: FileStamp) {
    let watch = Stopwatch()
    let (bytes, stamp) = try SourceFile.read(path, limit: limit) { file.bytes($0) }
    noteRead(nanoseconds: watch.nanoseconds, byteCount: bytes.count)
    return (bytes, stamp)
  }

  /// Notes a read of `byteCount` bytes in `nanoseconds`, with `missedByteCount` of them from storage.
  package func noteRead(nanoseconds: Int = 0, byteCount: Int = 0, missedByteCount: Int = 0) {
    times.readNanoseconds += nanoseconds
    times.readByteCount += byteCount
    times.missedByteCount += missedByteCount
  }
}

extension DecodeScratch {
  /// The results of `body` for items 0 ..< `count`, in order, on all cores. Each thread has its own scratch. Throws the
  /// error of the lowest failed item.
  static func map<Result: Sendable>(
    _ count: Int, _ body: @Sendable (Int, DecodeScratch) throws -> Result
  ) throws -> [Result] {
    try ParallelWork.map(
      count, threads: CoreLimit.current.usable, tool: { try DecodeScratch() }, body: body)
  }
}
