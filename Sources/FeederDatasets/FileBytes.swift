import Foundation

/// Whole files as bytes, and what the system says of a path.
enum FileBytes {
  /// The bytes of a file of at most `limit` bytes. Throws `DatasetError.unreadable`.
  static func read(_ path: String, limit: Int = 1 << 30) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw DatasetError.unreadable(file: path, reason: systemReason()) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw DatasetError.unreadable(file: path, reason: systemReason()) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DatasetError.unreadable(file: path, reason: "not a regular file")
    }
    let size = Int(status.st_size)
    guard size <= limit else {
      throw DatasetError.unreadable(file: path, reason: "\(size) bytes where at most \(limit) make sense")
    }
    var reason: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      while filled < size, let base = buffer.baseAddress {
        let count = Foundation.read(file, base + filled, size - filled)
        if count < 0, errno == EINTR { continue }
        if count < 0 { reason = systemReason() }
        guard count > 0 else { break }
        filled += count
      }
    }
    if let reason { throw DatasetError.unreadable(file: path, reason: reason) }
    return bytes
  }

  /// What a path leads to, links followed; nil where there is nothing.
  static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// True where the path leads to a folder.
  static func isFolder(_ path: String) -> Bool {
    status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  /// The last failed system call's reason in words.
  static func systemReason() -> String { String(cString: strerror(errno)) }
}
