import FeederCore
import FeederImaging
import Foundation

/// Whole files as bytes, and what the system says of a path.
package enum FileBytes {
  /// The bytes of a file of at most `limit` bytes. Throws `DatasetError.unreadable`.
  static func read(_ path: String, limit: Int = ImageHeader.maximumFileByteCount) throws -> [UInt8] {
    // Without a wait: the opening of a pipe would wait for somebody to write to it.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw unreadable(path, errno)
    }
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
    // Of nothing, this initializer writes a count into the empty array that all threads share: a data race.
    guard size > 0 else { return [] }
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

  /// The first bytes of a file, at most `byteCount`; none if it cannot be read.
  static func start(of path: String, byteCount: Int) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var start = [UInt8](repeating: 0, count: byteCount)
    let count = Foundation.read(file, &start, byteCount)
    return Array(start.prefix(max(count, 0)))
  }

  /// The error for a path that the system refuses with the code `error`.
  static func unreadable(_ path: String, _ error: Int32) -> DatasetError {
    var reason = String(cString: strerror(error))
    // What stands for other bytes leads to no file.
    if path.unicodeScalars.contains("\u{FFFD}") { reason = "its name is not UTF-8; rename it" }
    return .unreadable(file: path, reason: DeadLink.problem(path).map { "it " + $0 } ?? reason)
  }

  /// Writes a new file completely, or leaves none. Messages call it `name`. Throws `DatasetError.output`.
  package static func write(_ bytes: [UInt8], to path: String, calledLater name: String) throws {
    func failure() -> DatasetError { .output(path: name, problem: "cannot be written (\(FreeSpace.reason(path)))") }
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw failure() }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Foundation.write(file, $0.baseAddress.map { $0 + written }, $0.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let problem = failure()
        close(file)
        unlink(path)
        throw problem
      }
      written += count
    }
    guard close(file) == 0 else {
      let problem = failure()
      unlink(path)
      throw problem
    }
  }

  /// What a path leads to, links followed; nil where there is nothing.
  static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// The absolute path without links; what does not exist yet is kept as it is written.
  static func realPath(_ path: String) -> String {
    var existing = URL(filePath: path).absoluteURL.standardizedFileURL
    var rest: [String] = []
    while existing.path != "/" {
      if let real = realpath(existing.path, nil) {
        defer { free(real) }
        return ([String(cString: real)] + rest.reversed()).joined(separator: "/")
      }
      rest.append(existing.lastPathComponent)
      existing.deleteLastPathComponent()
    }
    return "/" + rest.reversed().joined(separator: "/")
  }

  /// True where the path leads to a folder.
  static func isFolder(_ path: String) -> Bool {
    status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  /// The last failed system call's reason in words.
  static func systemReason() -> String { String(cString: strerror(errno)) }
}
