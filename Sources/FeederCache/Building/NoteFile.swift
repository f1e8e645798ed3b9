import FeederImaging
import Foundation

/// Small texts beside the cache files, in which one run stores its findings for the next.
package enum NoteFile {
  /// The most bytes that a note may have. Notes have a few hundred.
  package static let largestByteCount = 4096

  /// The text at `path`; nil if there is no file. Throws `CacheError.damagedImage`, which names the file, unless it is
  /// a readable regular file of UTF-8 within the limit.
  package static func read(_ path: String) throws -> String? {
    guard FileStamp.of(path) != .missing else { return nil }
    var buffer = GrowingBuffer()
    let (bytes, stamp) = try SourceFile.read(path, limit: largestByteCount, into: { buffer.bytes($0) })
    guard stamp.size <= UInt64(largestByteCount) else {
      throw CacheError.damagedImage(path: path, reason: "has \(stamp.size) bytes, more than a note of a run has")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CacheError.damagedImage(path: path, reason: "is not text")
    }
    return text
  }

  /// Writes `text` to `path`, whole or not at all. Throws `CacheError.system` if the write fails.
  package static func write(_ text: String, to path: String) throws {
    let file = try TemporaryFile(for: path)
    try Array(text.utf8).withUnsafeBytes { try file.write($0, offset: 0) }
    try file.finish()
  }
}
