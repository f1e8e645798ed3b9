import FeederCodecs
import FeederCore
import FeederImaging

/// A mapped image file, for images that are decoded in bands: neither the file nor the picture is in memory as a whole.
struct SourceMap {
  private let map: MappedFile
  private let path: String

  /// Maps the file at `path`. Throws `CacheError.damagedImage` if it cannot be read or is not within `limits`.
  init(_ path: String, limits: ImageLimits) throws {
    self.path = path
    do {
      map = try MappedFile(path, minimum: 1)
    } catch CacheError.system(let operation, _, let reason) {
      throw CacheError.damagedImage(path: path, reason: "cannot \(operation) (\(reason))")
    } catch CacheError.damagedFile(_, let problem) {
      throw CacheError.damagedImage(path: path, reason: problem)
    }
    guard map.bytes.count <= limits.fileByteCount else {
      throw CacheError.damagedImage(path: path, reason: SourceFile.refusal(map.bytes.count, limits))
    }
  }

  /// The bytes of the file, which are not trusted. If some are lost they read as zeros, and `check` throws.
  var bytes: UnsafeRawBufferPointer { map.bytes }
  /// The file's stamp when it was opened.
  var stamp: FileStamp { map.stamp }

  /// Gives back the memory of the pages that were used.
  func release() { map.release() }

  /// Throws `CacheError.changedSource` if the file was cut or changed since it was opened.
  func check() throws {
    guard !map.isLost(map.bytes), FileStamp.of(path) == map.stamp else {
      throw CacheError.changedSource(path: path)
    }
  }
}

extension DecodeScratch {
  /// Decodes the mapped file `source` in full, in bands of `height` rows, as `ImageDecoder.decodeBands`. `allow` gets the bytes
  /// that this takes at once, and may throw or wait.
  ///
  /// Throws `CacheError.damagedImage`, which names `path`, if the file does not decode, `.changedSource` if its size is not
  /// `expected` or it changed meanwhile, and what `allow` and `take` throw.
  func decodeBands(
    of source: SourceMap, path: String, size expected: PixelSize?, channels: Int, window: LevelWindow,
    limits: ImageLimits, height: Int, allow: (Int, _ isWhole: Bool) throws -> Void = { _, _ in },
    take: (Int, ImageView) throws -> Void
  ) throws {
    do {
      let header = try decoder.open(source.bytes, limits: limits)
      guard expected == nil || header.size == expected else { throw CacheError.changedSource(path: path) }
      let whole = decoder.wholeByteCount(channels: channels)
      let band = header.size.width * min(height, header.size.height) * channels
      try allow(whole + 2 * band + Self.codecByteCount, whole > 0)
      try decoder.decodeBands(of: height, channels: channels, window: window) { first, rows in
        try take(first, rows)
        source.release()
      }
    } catch let error as ImagingError {
      try source.check()
      throw CacheError.damagedImage(path: path, reason: error.description)
    }
    try source.check()
  }

  /// Bytes that a codec takes beside the rows: a part of the packed data, unpacked, and tables.
  private static var codecByteCount: Int { 4 << 20 }
}
