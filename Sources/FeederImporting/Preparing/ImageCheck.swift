import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging

/// An image file read and decoded to its last code, to know that it is sound.
struct ImageCheck {
  /// The file's bytes.
  let bytes: [UInt8]
  /// What its header says.
  let header: ImageHeader
  /// The checksum of the file.
  let checksum: UInt64
  /// What the picture looks like.
  let hash: DifferenceHash
}

/// Checks images with one decoder and its buffers; one per thread.
final class ImageChecker {
  private let decoder: ImageDecoder
  private var pixels: [UInt8] = []
  private var levels: [UInt16] = []
  /// The levels of the image that was checked last, if they were counted.
  private(set) var histogram = LevelHistogram()
  /// An eighth a side needs every code of the file and a 64th of the memory.
  private static let scale = DecodeScale(denominator: 8)

  private let limits: ImageLimits

  /// A checker of images within `limits`. Throws if no decoder can be made.
  init(_ limits: ImageLimits) throws {
    decoder = try ImageDecoder()
    self.limits = limits
  }

  /// Reads and decodes a file; counts its levels into `histogram` if `countsLevels` and it has any. Throws `ImagingError` or
  /// `DatasetError.unreadable`.
  func check(_ path: String, countsLevels: Bool) throws -> ImageCheck {
    histogram = LevelHistogram()
    let bytes = try FileBytes.read(path, limit: limits.fileByteCount)
    return try bytes.withUnsafeBytes { encoded in
      let header = try decoder.open(encoded, limits: limits)
      let channels = header.channels
      let size = Self.scale.size(of: header.size)
      let count = size.width * size.height * channels
      if pixels.count < count { pixels = [UInt8](repeating: 0, count: count) }
      _ = try pixels.withUnsafeMutableBytes { target in
        try decoder.decode(channels: channels, scale: Self.scale, into: target)
      }
      if countsLevels, header.hasLevels { countLevels(bytes) }
      let hash = DifferenceHash(pixels, width: size.width, height: size.height, channels: channels)
      return ImageCheck(bytes: bytes, header: header, checksum: Checksum.xxh64(encoded), hash: hash)
    }
  }

  /// The levels of an image; none if it has no more than 8 bits, or does not decode.
  func levels(_ path: String) -> LevelHistogram {
    histogram = LevelHistogram()
    guard let bytes = try? FileBytes.read(path, limit: limits.fileByteCount) else { return histogram }
    countLevels(bytes)
    return histogram
  }

  /// Counts the levels of a file. Counts none if it has no more than 8 bits, or does not decode.
  private func countLevels(_ bytes: [UInt8]) {
    let found = try? bytes.withUnsafeBytes { encoded in
      try decoder.open(encoded, limits: limits).hasLevels ? decoder.decodeLevels(into: &levels) : 0
    }
    histogram.add(levels, count: found ?? 0)
  }
}
