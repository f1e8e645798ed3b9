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
  private var cropped = GrowingBuffer()
  /// The whole image in `pixels`, kept for its next tile; nil if another picture is there. The owner is the source.
  private var board: (owner: AnyObject, index: Int, image: ImageView)?
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

  /// Decodes `encoded`, an image file within `limits`, to `channels` at the scale that fits `imageSize`; `window` maps
  /// levels of more than 8 bits. The pixels (H x W x C) are valid until the next call that decodes.
  ///
  /// Throws `CacheError.damagedImage`, which names `path`, if the file does not decode, and `.changedSource` if its
  /// size is not `expected`. Nil accepts every size.
  func decode(
    _ encoded: UnsafeRawBufferPointer, path: @autoclosure () -> String, size expected: PixelSize?, channels: Int,
    imageSize: Int, window: LevelWindow, limits: ImageLimits = .standard
  ) throws -> ImageView {
    (lent, board) = (nil, nil)
    let watch = Stopwatch()
    do {
      let source = try decoder.open(encoded, limits: limits).size
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

  /// The pixels of `tile` of image `index` of `owner`. `decode` decodes the whole image by `decode` of this scratch; it
  /// is called unless the image was decoded last. Throws what `decode` throws.
  func tile(
    _ tile: Tile, of index: Int, of owner: AnyObject, decode: () throws -> ImageView
  ) throws -> ImageView {
    if let board, board.owner === owner, board.index == index {
      lent = nil
      return crop(board.image, tile)
    }
    let image = try decode()
    board = (owner, index, image)
    return crop(image, tile)
  }

  /// Memory of `byteCount` bytes for a tile, valid until the next one.
  func tileMemory(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
    lent = nil
    return cropped.bytes(byteCount)
  }

  /// Memory for the blocks of one band, valid until the next call.
  func blockMemory(_ byteCount: Int) -> UnsafeMutableRawBufferPointer { planes.bytes(byteCount) }

  /// A copy of the part `tile` of `image`, valid until the next tile.
  func crop(_ image: ImageView, _ tile: Tile) -> ImageView {
    let part = tile.size
    precondition(tile.isInside(image.size), "a tile lies inside its image")
    guard part != image.size else { return image }
    let target = cropped.bytes(part.width * part.height * image.channels)
    let rowByteCount = part.width * image.pixelStride
    let planeCount = image.channels / image.pixelStride
    for plane in 0..<planeCount {
      let from = image.base + plane * image.planeStride + tile.y * image.rowStride + tile.x * image.pixelStride
      for row in 0..<part.height {
        let place = (plane * part.height + row) * rowByteCount
        UnsafeMutableRawBufferPointer(rebasing: target[place..<place + rowByteCount])
          .copyMemory(from: UnsafeRawBufferPointer(start: from + row * image.rowStride, count: rowByteCount))
      }
    }
    return ImageView(UnsafeRawBufferPointer(target), size: part, channels: image.channels, layout: image.layout)
  }

  /// A copy of `image`, valid until the next call that decodes. For sources that make their images.
  package func copy(_ image: Pixels) -> ImageView {
    (lent, board) = (nil, nil)
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
    board = nil
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

  /// Reads and decodes a whole image file in colour, after EXIF rotation. For single pictures, because it allocates.
  /// Throws `CacheError.damagedImage` if the file cannot be read or decoded.
  package func picture(_ path: String) throws -> Pixels { try picture(path, fitting: .max).pixels }

  /// The same, reduced if its longer side has at least twice `imageSize` pixels, and the reduction.
  package func picture(_ path: String, fitting imageSize: Int) throws -> (pixels: Pixels, scale: DecodeScale) {
    let bytes = try read(path).bytes
    do {
      let scale = DecodeScale.fitting(try decoder.open(bytes).size, imageSize: imageSize)
      return (try decoder.decode(bytes, channels: 3, scale: scale, window: pictureWindow), scale)
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

  /// Reads at most `limit` bytes of a file within `limits`. Returns them, valid until the next call, with the file's
  /// stamp. Throws `CacheError.damagedImage` if the file cannot be read.
  func read(
    _ path: String, limit: Int = .max, limits: ImageLimits = .standard
  ) throws -> (bytes: UnsafeRawBufferPointer, stamp: FileStamp) {
    let watch = Stopwatch()
    let (bytes, stamp) = try SourceFile.read(path, limit: limit, limits: limits) { file.bytes($0) }
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
