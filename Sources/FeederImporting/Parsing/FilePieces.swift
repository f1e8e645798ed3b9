import FeederDatasets
import Foundation

/// A file read from its start in pieces of one buffer, so that no file fills the memory.
final class FilePieces {
  private let path: String
  private let file: Int32
  private let buffer: UnsafeMutableRawBufferPointer

  /// Opens a regular file. Throws `DatasetError.unreadable`.
  init(_ path: String, size: Int) throws {
    self.path = path
    // Without a wait: the opening of a pipe would wait for somebody to write to it.
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw FileBytes.unreadable(path, errno) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(file)
      throw DatasetError.unreadable(file: path, reason: "not a regular file")
    }
    buffer = .allocate(byteCount: size, alignment: 16)
  }

  deinit {
    close(file)
    buffer.deallocate()
  }

  /// The next bytes, which live until the next call; none at the end. Throws `DatasetError.unreadable`.
  func next() throws -> UnsafeRawBufferPointer {
    while true {
      let count = read(file, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw DatasetError.unreadable(file: path, reason: FileBytes.systemReason()) }
      return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
  }
}
