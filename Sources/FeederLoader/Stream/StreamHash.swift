import FeederCore
import FeederImaging

/// Checksums of the delivered images, one per image, so that they depend on neither batch size nor workers.
enum StreamHash {
  /// XXH3 of an image's pixels, which seeds an XXH64 of its targets: class as Int32, then centre, width and height as
  /// Float, little-endian.
  static func image(pixels: UnsafeRawBufferPointer, targets: UnsafeBufferPointer<Target>) -> UInt64 {
    var hash = pixelChecksum(pixels)
    for target in targets {
      let words: [5 of UInt32] = [
        UInt32(truncatingIfNeeded: target.classID).littleEndian, target.centerX.bitPattern.littleEndian,
        target.centerY.bitPattern.littleEndian, target.width.bitPattern.littleEndian,
        target.height.bitPattern.littleEndian,
      ]
      hash = withUnsafeBytes(of: words) { Checksum.xxh64($0, seed: hash) }
    }
    return hash
  }

  /// The checksum of `hash`, chained to `previous`.
  static func chain(_ hash: UInt64, after previous: UInt64) -> UInt64 {
    withUnsafeBytes(of: hash.littleEndian) { Checksum.xxh64($0, seed: previous) }
  }
}
