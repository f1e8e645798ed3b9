import CFaults
import Foundation

/// O_TMPFILE, a macro that Swift does not import.
private let namelessFile: Int32 = 0o20_000_000 | O_DIRECTORY

/// A file that is mapped to be read. Its bytes are hostile until checked, and may be lost at any time: after a use, ask
/// `isLost`.
///
/// Unchecked because of the raw memory. Invariant: mapped read-only from init to deinit, never written.
final class MappedFile: @unchecked Sendable {
  let path: String
  /// All bytes that the file had when it was opened.
  let bytes: UnsafeRawBufferPointer
  /// The file's stamp when it was opened.
  let stamp: FileStamp
  private let file: OpenFile
  private let watch: Int32

  /// Maps a regular file of at least `minimum` bytes. Throws `CacheError` if the file is not one, is shorter, or cannot
  /// be opened or mapped.
  convenience init(_ path: String, minimum: Int) throws { try self.init(OpenFile(path), minimum: minimum) }

  /// Maps a nameless copy of `bytes` in the folder of `path`. No other process can cut it, and the system removes it
  /// with this object. Throws `CacheError` if there is no space, or if the file system has no nameless files.
  convenience init(namelessCopyOf bytes: UnsafeRawBufferPointer, beside path: String) throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    let file = try OpenFile(folder, flags: O_RDWR | namelessFile, mode: 0o600)
    let failure = posix_fallocate(file.descriptor, 0, off_t(bytes.count))
    guard failure == 0 else {
      throw CacheError.system(operation: "copy an index", path: folder, reason: String(cString: strerror(failure)))
    }
    try file.write(bytes, offset: 0)
    try self.init(file, minimum: bytes.count)
  }

  private init(_ file: consuming OpenFile, minimum: Int) throws {
    let path = file.path
    let status = try file.status()
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CacheError.damagedFile(path: path, problem: "it is not a regular file")
    }
    let size = Int(status.st_size)
    guard size >= minimum else {
      throw CacheError.damagedFile(path: path, problem: "it has only \(size) bytes")
    }
    guard let base = mmap(nil, size, PROT_READ, MAP_SHARED, file.descriptor, 0), base != MAP_FAILED else {
      throw CacheError.system(operation: "map it", path: path, reason: systemReason())
    }
    self.path = path
    self.file = file
    stamp = FileStamp(status)
    bytes = UnsafeRawBufferPointer(start: base, count: size)
    watch = feeder_watch(base, size)
  }

  deinit {
    feeder_unwatch(watch)
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }

  /// True if some bytes of `part`, a part of this file, may have been lost and read as zeros. Makes no system call.
  func isLost(_ part: UnsafeRawBufferPointer) -> Bool { feeder_is_lost(watch, part.baseAddress, part.count) }

  /// Keeps the system from reading more than the pages that are used.
  func expectScatteredReads() {
    madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_RANDOM)
  }

  /// Gives back the memory of pages that were used, so that it does not count as this process's. They can be used again.
  func release() {
    madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_DONTNEED)
  }

  /// Throws `CacheError.damagedFile` if the file was cut after it was mapped.
  func checkSize() throws {
    var status = stat()
    guard fstat(file.descriptor, &status) == 0, status.st_size >= bytes.count else {
      throw CacheError.damagedFile(path: path, problem: "it was cut off while it was in use")
    }
  }
}
