import FeederCore
import FeederImaging
import Foundation

/// The values that show a change of a file: size, both times in nanoseconds, and the inode.
package struct FileStamp: Sendable, Equatable {
  /// Size in bytes.
  var size: UInt64 = 0
  /// The last change of the content, in nanoseconds since 1970.
  var modified: Int64 = 0
  /// The last change of the content or the inode, in nanoseconds since 1970.
  var changed: Int64 = 0
  /// The number of the inode; 0, like all other values, if there is no file.
  var inode: UInt64 = 0

  /// The stamp of a missing file.
  static let missing = FileStamp()

  /// The stamp of the file at `path`, links followed; `missing` if there is none.
  static func of(_ path: String) -> FileStamp {
    var status = stat()
    return stat(path, &status) == 0 ? FileStamp(status) : missing
  }

  init() {}

  init(size: UInt64, modified: Int64, changed: Int64, inode: UInt64) {
    self.size = size
    self.modified = modified
    self.changed = changed
    self.inode = inode
  }

  init(_ status: stat) {
    func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec) }
    size = UInt64(max(status.st_size, 0))
    modified = nanoseconds(status.st_mtim)
    changed = nanoseconds(status.st_ctim)
    inode = UInt64(status.st_ino)
  }
}

/// An open file that closes itself.
struct OpenFile: ~Copyable {
  let descriptor: Int32
  let path: String

  /// Opens with the flags of open(2). Never waits, even for a pipe. Throws `CacheError.system` if the system refuses.
  init(_ path: String, flags: Int32 = O_RDONLY, mode: mode_t = 0o644) throws {
    descriptor = open(path, flags | O_CLOEXEC | O_NONBLOCK, mode)
    self.path = path
    guard descriptor >= 0 else {
      throw CacheError.system(operation: "open it", path: path, reason: FreeSpace.reason(path))
    }
  }

  /// Takes over an open file. A `descriptor` below 0 is a file that could not be opened.
  init(_ descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The status of the open file, by fstat(2). Throws `CacheError.system` if the call fails.
  func status() throws -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw CacheError.system(operation: "look at it", path: path, reason: systemReason())
    }
    return status
  }

  /// Fills `target` with bytes from `offset` on. Returns the number of bytes, fewer only at the end of the file. Throws
  /// `CacheError.system` if a read fails.
  func read(into target: UnsafeMutableRawBufferPointer, offset: Int = 0) throws -> Int {
    var done = 0
    while done < target.count, let base = target.baseAddress {
      let count = pread(descriptor, base + done, target.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw CacheError.system(operation: "read it", path: path, reason: systemReason()) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Writes all of `bytes` at `offset`. Throws `CacheError.system` if that fails.
  func write(_ bytes: UnsafeRawBufferPointer, offset: Int) throws {
    try writeAll(bytes, to: descriptor, offset: offset, path: path)
  }
}

/// Writes all of `bytes` to an open file. Throws `CacheError.system`, which names `path`, if that fails.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, offset: Int, path: String) throws {
  var done = 0
  while done < bytes.count, let base = bytes.baseAddress {
    let count = pwrite(descriptor, base + done, bytes.count - done, off_t(offset + done))
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw CacheError.system(operation: "write it", path: path, reason: FreeSpace.reason(path)) }
    done += count
  }
}

/// Reads image and label files of a data set.
package enum SourceFile {
  /// Reads at most `limit` bytes of a regular file into memory from `buffer`, which gets the byte count. Returns the
  /// bytes and the file's stamp. Throws `CacheError.damagedImage` if the file is too large, no regular file, or cannot
  /// be read.
  static func read(
    _ path: String, limit: Int = .max, into buffer: (Int) -> UnsafeMutableRawBufferPointer
  ) throws -> (UnsafeRawBufferPointer, FileStamp) {
    do {
      // The open must not wait for a writer of a pipe.
      let file = try OpenFile(path, flags: O_RDONLY | O_NONBLOCK)
      let status = try file.status()
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw CacheError.damagedImage(path: path, reason: "is not a regular file")
      }
      guard status.st_size <= ImageHeader.maximumFileByteCount else {
        throw CacheError.damagedImage(
          path: path,
          reason: "has \(status.st_size) bytes, where \(ImageHeader.maximumFileByteCount) are the limit of an image")
      }
      let bytes = buffer(min(Int(status.st_size), limit))
      let count = try file.read(into: bytes)
      return (UnsafeRawBufferPointer(rebasing: bytes[..<count]), FileStamp(status))
    } catch CacheError.system(let operation, _, let reason) {
      throw CacheError.damagedImage(path: path, reason: DeadLink.problem(path) ?? "cannot \(operation) (\(reason))")
    }
  }
}

extension SourceFile {
  /// True if all bytes of an image file can be read.
  static func canBeRead(_ path: String) -> Bool {
    var bytes = GrowingBuffer()
    return (try? read(path) { bytes.bytes($0) }) != nil
  }

  /// Starts to read a whole file into memory, without waiting. Errors show at the later read.
  static func willNeed(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_WILLNEED)
    close(descriptor)
  }

  /// Drops a file's pages from memory, unless somebody maps or writes them, so that the next read comes from storage.
  package static func drop(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    close(descriptor)
  }
}

/// The reason of the last failed system call, in words.
func systemReason() -> String { String(cString: strerror(errno)) }
