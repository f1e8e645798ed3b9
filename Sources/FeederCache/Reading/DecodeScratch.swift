import FeederCore
import FeederImaging
import Foundation

/// What one worker needs to read and decode, kept from image to image: a decoder and buffers that only grow.
///
/// Unchecked because it is handed to the thread that uses it. Invariant: used by one thread at a time.
package final class DecodeScratch: @unchecked Sendable {
  /// Work done since the last `takeTimes`.
  package struct Times: Sendable {
    /// Nanoseconds spent reading from storage: source files, and records that were not in memory.
    package var readNanoseconds = 0
    /// Bytes of records and source files that were asked for, wherever they came from.
    package var readByteCount = 0
    /// Bytes of them that were not in memory before, as far as the system tells.
    package var missedByteCount = 0
    /// Nanoseconds spent decoding.
    package var decodeNanoseconds = 0
    /// Images decoded.
    package var decodedCount = 0
  }

  /// The worker's decoder.
  package let decoder: ImageDecoder
  /// Bytes of a mapped record that the pixels prepared last lie in; nil if these lie in a buffer of its own.
  var lent: UnsafeRawBufferPointer?
  private var pixels = GrowingBuffer()
  private var file = GrowingBuffer()
  private var planes = GrowingBuffer()
  private let pixelScratch = PixelScratch()
  private var times = Times()

  /// Throws `ImagingError.library` if a codec cannot start.
  package init() throws { decoder = try ImageDecoder() }

  /// The work since the last call.
  package func takeTimes() -> Times {
    defer { times = Times() }
    times.missedByteCount = min(times.missedByteCount, times.readByteCount)
    return times
  }

  /// Decodes `encoded`, an image file of `expected` pixels, at the scale that fits `imageSize`. The pixels are valid until the next
  /// call that decodes.
  ///
  /// Throws `CacheError.damagedImage` naming `path`, and `.changedSource` if the size is not `expected`; nil expects nothing.
  func decode(
    _ encoded: UnsafeRawBufferPointer, path: @autoclosure () -> String, size expected: PixelSize?, channels: Int,
    imageSize: Int
  ) throws -> ImageView {
    lent = nil
    let watch = Stopwatch()
    do {
      let source = try decoder.open(encoded).size
      guard expected == nil || source == expected else { throw CacheError.changedSource(path: path()) }
      let scale = DecodeScale.fitting(source, imageSize: imageSize)
      let size = scale.size(of: source)
      let target = pixels.bytes(size.width * size.height * channels)
      try decoder.decode(channels: channels, scale: scale, into: target)
      times.decodeNanoseconds += watch.nanoseconds
      times.decodedCount += 1
      return ImageView(UnsafeRawBufferPointer(target), size: size, channels: channels, layout: .interleaved)
    } catch let error as ImagingError {
      times.decodeNanoseconds += watch.nanoseconds
      throw CacheError.damagedImage(path: path(), reason: error.description)
    }
  }

  /// A copy of `image`, valid until the next call that decodes: for sources that make their images.
  package func copy(_ image: Pixels) -> ImageView {
    lent = nil
    let target = pixels.bytes(image.bytes.count)
    target.copyBytes(from: image.bytes)
    return ImageView(
      UnsafeRawBufferPointer(target), size: image.size, channels: image.channels, layout: .interleaved)
  }

  /// Images up to this many bytes take the way through the buffer: three quarters of the core's own cache; 768 KiB if the system
  /// does not say how large that is.
  private static let largestStream = max(sysconf(Int32(_SC_LEVEL2_CACHE_SIZE)), 1 << 20) / 4 * 3

  /// Decodes `encoded`, an image file of `expected` pixels, in full to the start of `target`, which nobody reads soon.
  ///
  /// Decoding straight into a slot misses the cache line by line and costs 6 % (1 x 640 x 640) to 10 % (3 channels) more than
  /// into a buffer that is used again; decoding into the buffer and streaming it out costs 3 % (docs/measurements/loader.md).
  /// Throws as `decode`.
  func decodeNative(
    _ encoded: UnsafeRawBufferPointer, path: @autoclosure () -> String, size expected: PixelSize, channels: Int,
    into target: UnsafeMutableRawBufferPointer
  ) throws {
    do {
      let header = try decoder.open(encoded)
      guard header.size == expected else { throw CacheError.changedSource(path: path()) }
      let planes = header.channels == 1 ? 1 : channels  // grey is spread on its way out
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

  /// Reads and decodes a whole image file in colour, as it is seen; for single pictures, since it allocates. Throws
  /// `CacheError.damagedImage`.
  package func picture(_ path: String) throws -> Pixels {
    let bytes = try read(path).bytes
    do {
      return try decoder.decode(bytes, channels: 3)
    } catch let error as ImagingError {
      throw CacheError.damagedImage(path: path, reason: error.description)
    }
  }

  /// The image channel after channel, in a buffer that the next call reuses.
  func planar(_ image: ImageView) -> UnsafeRawBufferPointer {
    let bytes = planes.bytes(image.byteCount)
    letterbox(
      image, geometry: Letterbox(source: image.size, target: image.size),
      into: PlanarTarget(bytes, size: image.size, channels: image.channels), scratch: pixelScratch)
    return UnsafeRawBufferPointer(bytes)
  }

  /// Reads a file, at most `limit` bytes of it; gives them, valid until the next call, with what the system said of the file. Throws
  /// `CacheError.damagedImage`.
  func read(_ path: String, limit: Int = .max) throws -> (bytes: UnsafeRawBufferPointer, stamp: FileStamp) {
    let watch = Stopwatch()
    let (bytes, stamp) = try SourceFile.read(path, limit: limit) { file.bytes($0) }
    noteRead(nanoseconds: watch.nanoseconds, byteCount: bytes.count)
    return (bytes, stamp)
  }

  /// Notes that `byteCount` bytes were read in so many nanoseconds, `missedByteCount` of them from the storage itself.
  package func noteRead(nanoseconds: Int = 0, byteCount: Int = 0, missedByteCount: Int = 0) {
    times.readNanoseconds += nanoseconds
    times.readByteCount += byteCount
    times.missedByteCount += missedByteCount
  }
}

extension DecodeScratch {
  /// The results of `body` for each of `count` items, in their order, on all cores, each thread with a scratch of its own. Throws the failure
  /// of the lowest item.
  static func map<Result: Sendable>(
    _ count: Int, _ body: @Sendable (Int, DecodeScratch) throws -> Result
  ) throws -> [Result] {
    try ParallelWork.map(
      count, threads: CoreLimit.current.usable, tool: { try DecodeScratch() }, body: body)
  }
}
