import FeederImaging
import Foundation

/// How fast a storage delivers bytes that no memory holds.
package enum StorageProbe {
  /// Bytes a second of the files at `paths` in turn, past the page cache: `byteCount` bytes at most, for about `limit` at most.
  /// What cannot be read is left out; 0 where nothing could.
  ///
  /// Files are announced before they are read, as the loader does: a disk serves many requests faster than one by one.
  package static func readRate(of paths: [String], byteCount: Int, within limit: Duration) -> Double {
    var chosen: [String] = []
    var announced = 0
    for path in paths where announced < byteCount {
      chosen.append(path)
      announced += self.byteCount(of: path)
    }
    for path in chosen { SourceFile.drop(path) }
    var buffer = GrowingBuffer()
    var readCount = 0
    let start = ContinuousClock.now
    for path in chosen { SourceFile.willNeed(path) }
    for path in chosen {
      if readCount > 0, ContinuousClock.now - start > limit { break }
      guard let read = try? SourceFile.read(path, into: { buffer.bytes($0) }) else { continue }
      readCount += read.0.count
    }
    return Double(readCount) / max((.now - start) / .seconds(1), 1e-9)
  }

  /// The same for the storage under `folder`: a file of `byteCount` random bytes is written there, read and removed. Throws
  /// `CacheError` where that is refused.
  package static func readRate(under folder: URL, byteCount: Int, within limit: Duration) throws -> Double {
    let file = try TemporaryFile(for: folder.appending(path: "probe").path)
    var random = SystemRandomNumberGenerator()
    let noise = (0..<byteCount / 8).map { _ in random.next() }
    try noise.withUnsafeBytes { try file.write($0, offset: 0) }
    try file.synchronize()
    return withExtendedLifetime(file) { readRate(of: [file.path], byteCount: byteCount, within: limit) }
  }

  /// Bytes of the file at `path`; 0 where there is none.
  package static func byteCount(of path: String) -> Int { Int(clamping: FileStamp.of(path).size) }

  /// The number of the storage that holds `path`: equal for two paths on the same; nil where there is no such path.
  package static func device(of path: String) -> UInt64? {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_dev) : nil
  }
}
