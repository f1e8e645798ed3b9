import FeederCore
import FeederFiles
import Foundation

/// A file being written beside its final place: nobody sees it under its name before it is whole and on the disk.
///
/// Its writer holds a lock (flock) on it, so a file without one was left by a build that was killed.
final class TemporaryFile {
  private let file: OpenFile
  private let finalPath: String
  private var isFinished = false

  /// Creates `path` + process id + ending, locked; at the end of a link, if `path` is one. With a `signature`, a file at `path` that is
  /// none of that kind is refused. Throws `CacheError.system`, with a word on --cache-dir, and `.foreignFile`.
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

  /// Where it lies until it is finished.
  var path: String { file.path }

  deinit { if !isFinished { UnfinishedFiles.discard(file.path) } }

  /// Writes all of `bytes` at `offset`.
  func write(_ bytes: UnsafeRawBufferPointer, offset: Int) throws { try file.write(bytes, offset: offset) }

  /// Writes to the file from several threads, parts that do not overlap.
  struct Writer: Sendable {
    fileprivate let descriptor: Int32
    fileprivate let path: String

    func callAsFunction(_ bytes: UnsafeRawBufferPointer, offset: Int) throws {
      try writeAll(bytes, to: descriptor, offset: offset, path: path)
    }
  }

  /// Lends a writer that threads may share; the file stays open until `body` returns.
  func withWriter<Result>(_ body: (Writer) throws -> Result) rethrows -> Result {
    try body(Writer(descriptor: file.descriptor, path: file.path))
  }

  /// Waits until everything written is on the disk.
  func synchronize() throws {
    guard fsync(file.descriptor) == 0 else {
      throw CacheError.system(operation: "write it to the disk", path: file.path, reason: FreeSpace.reason(file.path))
    }
  }

  /// Gives the file its name, in one step, and puts that on the disk too.
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

  /// True where no process holds the lock of a half-written file.
  static func isAbandoned(_ path: String) -> Bool {
    guard let file = try? OpenFile(path) else { return false }
    return flock(file.descriptor, LOCK_EX | LOCK_NB) == 0
  }
}
