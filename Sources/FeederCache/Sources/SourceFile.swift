import FeederCodecs
import FeederCore
import FeederFiles
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

/// Reads image and label files of a data set.
package enum SourceFile {
  /// Reads at most `limit` bytes of a regular file within `limits` into memory from `buffer`, which gets the byte count.
  /// Returns the bytes and the file's stamp. Throws `CacheError.damagedImage` if the file is too large, no regular file, or cannot
  /// be read.
  static func read(
    _ path: String, limit: Int = .max, limits: ImageLimits = .standard,
    into buffer: (Int) -> UnsafeMutableRawBufferPointer
  ) throws -> (UnsafeRawBufferPointer, FileStamp) {
    do throws(FileReader.Failure) {
      let (bytes, status) = try FileReader.read(
        path, limit: limits.fileByteCount, prefix: limit, into: buffer)
      return (bytes, FileStamp(status))
    } catch {
      let reason =
        switch error {
        case .notRegular: "is not a regular file"
        case .tooLarge(let byteCount):
          Self.refusal(byteCount, limits)
        case .system(let operation, let code):
          DeadLink.problem(path) ?? "cannot \(operation) (\(FreeSpace.reason(path, code: code)))"
        }
      throw CacheError.damagedImage(path: path, reason: reason)
    }
  }

  /// The line about a file that is too large.
  static func refusal(_ byteCount: Int, _ limits: ImageLimits) -> String {
    "has \(byteCount) bytes; the limit for an image is \(limits.fileByteCount)"
      + (limits.pixelCount <= ImageLimits.standard.pixelCount ? "; --largest-image raises it" : "")
  }
}

extension SourceFile {
  /// Bytes that are read at once for a checksum.
  private static let pieceByteCount = 1 << 20

  /// The checksum of a file's content, its size and its stamp, read piece by piece. Throws `CacheError.damagedImage` if
  /// it cannot be read.
  static func checksum(_ path: String) throws -> (sum: UInt64, byteCount: Int, stamp: FileStamp) {
    func failure(_ operation: String) -> CacheError {
      .damagedImage(path: path, reason: "cannot \(operation) (\(systemReason()))")
    }
    guard let file = try? OpenFile(path), let status = try? file.status() else { throw failure("open it") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CacheError.damagedImage(path: path, reason: "is not a regular file")
    }
    var buffer = GrowingBuffer()
    var (sum, byteCount) = (Checksum(), 0)
    let piece = buffer.bytes(pieceByteCount)
    while true {
      var filled = 0
      while filled < piece.count, let base = piece.baseAddress {
        let count = pread(file.descriptor, base + filled, piece.count - filled, off_t(byteCount + filled))
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw failure("read it") }
        if count == 0 { break }
        filled += count
      }
      byteCount += filled
      let bytes = UnsafeRawBufferPointer(rebasing: piece[..<filled])
      guard filled == piece.count else { return (sum.finish(bytes), byteCount, FileStamp(status)) }
      sum.add(bytes)
    }
  }

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
