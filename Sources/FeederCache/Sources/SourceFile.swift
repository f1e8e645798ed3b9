import FeederCore
import FeederImaging
import Foundation

/// What tells that a file changed: size, both times in nanoseconds, and the inode.
package struct FileStamp: Sendable, Equatable {
  /// Bytes.
  var size: UInt64 = 0
  /// Last change of the content, nanoseconds since 1970.
  var modified: Int64 = 0
  /// Last change of the content or the inode, nanoseconds since 1970.
  var changed: Int64 = 0
  /// Number of the inode; 0 with all the rest for a file that is not there.
  var inode: UInt64 = 0

  /// A file that is not there.
  static let missing = FileStamp()

  /// The stamp of what `path` leads to, links followed; `missing` where there is nothing.
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

  /// Opens with the flags of open(2), and never waits as for somebody to write to a pipe. Throws `CacheError.system`.
  init(_ path: String, flags: Int32 = O_RDONLY, mode: mode_t = 0o644) throws {
    descriptor = open(path, flags | O_CLOEXEC | O_NONBLOCK, mode)
    self.path = path
    guard descriptor >= 0 else {
      throw CacheError.system(operation: "open it", path: path, reason: FreeSpace.reason(path))
    }
  }

  /// Takes over an open file, or one that could not be opened, whose descriptor is below 0.
  init(_ descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// What the system says of the open file.
  func status() throws -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw CacheError.system(operation: "look at it", path: path, reason: systemReason())
    }
    return status
  }

  /// Fills `target` from `offset` on; returns the bytes read, fewer only at the file's end.
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

  /// Writes all of `bytes` at `offset`.
  func write(_ bytes: UnsafeRawBufferPointer, offset: Int) throws {
    try writeAll(bytes, to: descriptor, offset: offset, path: path)
  }
}

/// Writes all of `bytes` to an open file. Throws `CacheError.system` naming `path`.
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
  /// Reads a regular file, at most `limit` bytes of it, into the buffer that `buffer` gives for that many.
  /// Throws `CacheError.damagedImage`.
  static func read(
    _ path: String, limit: Int = .max, into buffer: (Int) -> UnsafeMutableRawBufferPointer
  ) throws -> (UnsafeRawBufferPointer, FileStamp) {
    do {
      // Without a wait: the opening of a pipe would wait for somebody to write to it.
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
  /// True where all bytes of an image file can be read.
  static func canBeRead(_ path: String) -> Bool {
    var bytes = GrowingBuffer()
    return (try? read(path) { bytes.bytes($0) }) != nil
  }

  /// Starts to read a whole file into memory and does not wait; whatever goes wrong shows when the file is read.
  static func willNeed(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_WILLNEED)
    close(descriptor)
  }

  /// Drops a file's pages from memory where nobody maps or writes them, so that it is read from the storage again.
  package static func drop(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    close(descriptor)
  }
}

/// The last failed system call's reason in words.
func systemReason() -> String { String(cString: strerror(errno)) }
