import FeederCore
import FeederFiles
import Foundation

/// A file that is being written under a temporary name. It gets its final name when it is complete and on the disk.
///
/// The writer holds a lock (flock) on it, so an unlocked one was left by a killed build.
final class TemporaryFile {
  private let file: OpenFile
  private let finalPath: String
  private var isFinished = false

  /// Creates and locks `path` + process id + suffix; if `path` is a link, in the folder of its target. Throws
  /// `CacheError.foreignFile` if a file at `path` does not match `signature`, and `.system`, which mentions
  /// --cache-dir, if the system refuses.
  init(for path: String, replacing signature: FileSignature? = nil) throws {
    guard signature?.mayReplace(path) != false else { throw CacheError.foreignFile(path: path) }
    finalPath = (try? FilePlace(path).target) ?? path
    let name = "\(finalPath).\(getpid()).\(UInt32.random(in: 0 ... .max))\(CacheFolder.temporaryEnding)"
    file = OpenFile(UnfinishedFiles.create(name, flags: O_RDWR, mode: 0o644), path: name)
    guard file.descriptor >= 0 else {
      throw CacheError.system(
        operation: "write caches into this folder; name another with \(setting: "cache_dir")",
        path: URL(filePath: path).deletingLastPathComponent().path, reason: FreeSpace.reason(path))
    }
    guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw CacheError.system(operation: "lock it", path: name, reason: systemReason())
    }
  }

  /// The temporary path.
  var path: String { file.path }

  deinit { if !isFinished { UnfinishedFiles.discard(file.path) } }

  /// Writes all of `bytes` at `offset`. Throws `CacheError.system` if that fails.
  func write(_ bytes: UnsafeRawBufferPointer, offset: Int) throws { try file.write(bytes, offset: offset) }

  /// Writes to the file from several threads. Their parts must not overlap.
  struct Writer: Sendable {
    fileprivate let descriptor: Int32
    fileprivate let path: String

    func callAsFunction(_ bytes: UnsafeRawBufferPointer, offset: Int) throws {
      try writeAll(bytes, to: descriptor, offset: offset, path: path)
    }

    /// Writes `count` zeros, over what may be there.
    func zeros(_ count: Int, offset: Int) throws {
      let piece = [UInt8](repeating: 0, count: min(count, 1 << 20))
      for start in stride(from: 0, to: count, by: 1 << 20) {
        try piece.withUnsafeBytes {
          try self(UnsafeRawBufferPointer(rebasing: $0[..<min(count - start, piece.count)]), offset: offset + start)
        }
      }
    }
  }

  /// Lends a writer that threads may share. The file stays open until `body` returns.
  func withWriter<Result>(_ body: (Writer) throws -> Result) rethrows -> Result {
    try body(Writer(descriptor: file.descriptor, path: file.path))
  }

  /// Waits until all writes are on the disk. Throws `CacheError.system` if that fails.
  func synchronize() throws {
    guard fsync(file.descriptor) == 0 else {
      throw CacheError.system(operation: "write it to the disk", path: file.path, reason: FreeSpace.reason(file.path))
    }
  }

  /// Gives the file its final name, in one step, and waits until the name is on the disk. Throws `CacheError.system` if
  /// that fails.
  func finish() throws {
    try synchronize()
    guard UnfinishedFiles.finish(file.path, { rename(file.path, finalPath) == 0 }) else {
      throw CacheError.system(operation: "rename it", path: file.path, reason: FreeSpace.reason(file.path))
    }
    isFinished = true
    let folder = URL(filePath: finalPath).deletingLastPathComponent().path
    guard FolderSync.wait(folder) else {
      throw CacheError.system(operation: "write it to the disk", path: folder, reason: FreeSpace.reason(folder))
    }
  }

  /// True if no process holds the lock of an unfinished file.
  static func isAbandoned(_ path: String) -> Bool {
    guard let file = try? OpenFile(path) else { return false }
    return flock(file.descriptor, LOCK_EX | LOCK_NB) == 0
  }
}
