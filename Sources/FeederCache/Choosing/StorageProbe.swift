import FeederImaging
import Foundation

/// Measures the speed of storage, without the page cache.
package enum StorageProbe {
  /// Bytes per second for reads of the files at `paths` in turn, past the page cache. Stops after `byteCount` bytes or
  /// about `limit`. Unreadable files are skipped; 0 if all are.
  ///
  /// The files are announced before the reads, as the loader does, because a disk serves many requests faster than one
  /// by one.
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

  /// The same for the storage of `folder`: writes a file of `byteCount` random bytes there, reads it and removes it.
  /// Throws `CacheError` if the file cannot be written.
  package static func readRate(under folder: URL, byteCount: Int, within limit: Duration) throws -> Double {
    let file = try TemporaryFile(for: folder.appending(path: "probe").path)
    var random = SystemRandomNumberGenerator()
    let noise = (0..<byteCount / 8).map { _ in random.next() }
    try noise.withUnsafeBytes { try file.write($0, offset: 0) }
    try file.synchronize()
    return withExtendedLifetime(file) { readRate(of: [file.path], byteCount: byteCount, within: limit) }
  }

  /// Bytes of the file at `path`; 0 if there is none.
  package static func byteCount(of path: String) -> Int { Int(clamping: FileStamp.of(path).size) }

  /// The number of the storage that holds `path`; equal for paths on the same storage. Nil if `path` does not exist.
  package static func device(of path: String) -> UInt64? {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_dev) : nil
  }
}
