import FeederFiles
import Foundation

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

  /// Writes all of `bytes` at `offset`. Throws `CacheError.system` if that fails.
  func write(_ bytes: UnsafeRawBufferPointer, offset: Int) throws {
    try writeAll(bytes, to: descriptor, offset: offset, path: path)
  }
}

/// Writes all of `bytes` at `offset` of an open file. Throws `CacheError.system` with `path`.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, offset: Int, path: String) throws {
  guard FileWriter.pour(bytes, into: descriptor, offset: offset) else {
    throw CacheError.system(operation: "write it", path: path, reason: FreeSpace.reason(path))
  }
}
