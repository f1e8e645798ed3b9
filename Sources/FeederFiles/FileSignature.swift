import Foundation

/// Recognises files of one kind that Feeder writes, by their content.
package struct FileSignature: Sendable {
  /// The first and last bytes of a file, up to 4096 each, and its size.
  package struct Glance: Sendable {
    /// The first bytes.
    package let head: [UInt8]
    /// The last bytes.
    package let tail: [UInt8]
    /// The size of the file in bytes.
    package let byteCount: Int

    /// True if `bytes` are at `offset`, counted from the start of the file.
    package func holds(_ bytes: some Collection<UInt8>, at offset: Int = 0) -> Bool {
      head.dropFirst(offset).starts(with: bytes)
    }

    /// True if the file ends with `bytes`.
    package func ends(with bytes: some Collection<UInt8>) -> Bool { tail.suffix(bytes.count).elementsEqual(bytes) }
  }

  private let isOwn: @Sendable (Glance) -> Bool

  /// The kind of all files that `isOwn` accepts.
  package init(_ isOwn: @escaping @Sendable (Glance) -> Bool) { self.isOwn = isOwn }

  /// The kind of all files that begin with `text`.
  package init(start text: String) {
    let bytes = Array(text.utf8)
    self.init { $0.holds(bytes) }
  }

  /// True if Feeder may write a file of this kind at `path`: nothing is there, or an empty file, or a file of this
  /// kind, or a pipe or device.
  package func mayReplace(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { return true }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return status.st_size == 0 || matches(path)
    case S_IFDIR: return false
    default: return true
    }
  }

  /// Bytes that are read at each end of a file.
  private static let glanceByteCount = 4096

  /// True if the plain file at `path` is of this kind. False if not, or if it cannot be read.
  package func matches(_ path: String) -> Bool { Self.glance(path).map(isOwn) ?? false }

  /// True if the plain file at `path` is not empty and not of this kind. False if it cannot be read.
  package func isForeign(_ path: String) -> Bool { Self.glance(path).map { $0.byteCount > 0 && !isOwn($0) } ?? false }

  private static func glance(_ path: String) -> Glance? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let byteCount = Int(status.st_size)
    func bytes(from offset: Int) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: glanceByteCount) { buffer, filled in
        filled = max(pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)), 0)
      }
    }
    return Glance(head: bytes(from: 0), tail: bytes(from: max(byteCount - glanceByteCount, 0)), byteCount: byteCount)
  }
}
