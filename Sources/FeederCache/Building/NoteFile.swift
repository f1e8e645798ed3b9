import FeederImaging
import Foundation

/// Small texts beside the caches in which one run tells the next what it found out.
package enum NoteFile {
  /// A note is text of some hundred bytes.
  package static let largestByteCount = 4096

  /// The text at `path`; nil where there is none. Throws `CacheError.damagedImage`, which names the file, for anything but a
  /// readable regular file of UTF-8 within the limit.
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

  /// Writes `text` as `path`, whole or not at all. Throws `CacheError.system`.
  package static func write(_ text: String, to path: String) throws {
    let file = try TemporaryFile(for: path)
    try Array(text.utf8).withUnsafeBytes { try file.write($0, offset: 0) }
    try file.finish()
  }
}
