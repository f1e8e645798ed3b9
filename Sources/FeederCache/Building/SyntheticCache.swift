import FeederCore
import FeederDatasets
import FeederImaging

/// A valid cache file without sources, for tests and measurements of large files: any number of images of one grey
/// pixel with one label each.
package struct SyntheticCache: Sendable {
  /// Number of images.
  package let count: Int

  /// A file of `count` images, at least 1.
  package init(count: Int) {
    precondition(count > 0, "a cache holds an image")
    self.count = count
  }

  /// Writes the file to `path`, about 300 bytes per image. The pixel of image i is i modulo 256. Throws
  /// `CacheError.system` if the write fails.
  package func write(to path: String) throws {
    let file = try TemporaryFile(for: path)
    let end = CacheFormat.headerByteCount + count * CacheFormat.alignment
    try writeRecords(file)
    let index = CacheIndexWriter(file, indexOffset: end, itemCount: count, labelCount: count)
    let checksums = (0..<256).map { Checksum.xxh64([UInt8($0)]) }
    let size = PixelSize(side: 1)
    for number in 0..<count {
      let digits = String(number)
      try index.put(
        CacheItem(
          imageID: "image" + String(repeating: "0", count: max(7 - digits.count, 0)) + digits,
          offset: CacheFormat.headerByteCount + number * CacheFormat.alignment, length: 1,
          checksum: checksums[number % 256], size: size, storedSize: size, denominator: 1, imageChecksum: 0,
          labelChecksum: 0, imageStamp: .missing, labelStamp: .missing,
          labels: [Label(classID: 0, centerX: 0.5, centerY: 0.5, width: 0.5, height: 0.5)], damage: nil))
    }
    try index.seal(
      CacheHeader(
        recipe: .pixels(channels: 1, imageSize: 640), split: .train, automaticChannels: 1, itemCount: count,
        classCount: 1, listKey: 0, contentKey: index.contentKey))
    try file.finish()
  }

  private func writeRecords(_ file: TemporaryFile) throws {
    // Every 256 records are equal, so one block serves for all.
    var block = [UInt8](repeating: 0, count: 256 * CacheFormat.alignment)
    for value in 0..<256 { block[value * CacheFormat.alignment] = UInt8(value) }
    for first in stride(from: 0, to: count, by: 256) {
      let byteCount = min(256, count - first) * CacheFormat.alignment
      try block.withUnsafeBytes { bytes in
        try file.write(
          UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]),
          offset: CacheFormat.headerByteCount + first * CacheFormat.alignment)
      }
    }
  }
}
