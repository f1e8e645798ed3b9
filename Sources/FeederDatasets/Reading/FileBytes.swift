import FeederCodecs
import FeederCore
import FeederFiles
import FeederImaging
import Foundation

/// Whole files as bytes, and what the system says of a path.
package enum FileBytes {
  /// The header of an image file. Throws `DatasetError.unreadable` and `ImagingError`.
  package static func header(_ path: String) throws -> ImageHeader {
    try read(path).withUnsafeBytes { try ImageHeader(of: $0) }
  }

  /// The bytes of a file of at most `limit` bytes. Throws `DatasetError.unreadable`.
  package static func read(_ path: String, limit: Int = ImageLimits.standard.fileByteCount) throws -> [UInt8] {
    do throws(FileReader.Failure) {
      return try FileReader.bytes(of: path, limit: limit)
    } catch {
      switch error {
      case .system("open it", let code): throw unreadable(path, code)
      case .system(_, let code): throw DatasetError.unreadable(file: path, reason: String(cString: strerror(code)))
      case .notRegular: throw DatasetError.unreadable(file: path, reason: "not a regular file")
      case .tooLarge(let size):
        throw DatasetError.unreadable(file: path, reason: "\(size) bytes where at most \(limit) make sense")
      }
    }
  }

  /// The error for a path that the system refuses with the code `error`.
  package static func unreadable(_ path: String, _ error: Int32) -> DatasetError {
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
    var problem = FileWriter.pour(Data(bytes), into: file) ? nil : failure()
    if close(file) != 0 { problem = problem ?? failure() }
    guard let problem else { return }
    unlink(path)
    throw problem
  }

  /// What a path leads to, links followed; nil if there is nothing.
  package static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// The absolute path without links; what does not exist yet is kept as it is written.
  package static func realPath(_ path: String) -> String {
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
  package static func isFolder(_ path: String) -> Bool {
    status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  /// The last failed system call's reason in words.
  package static func systemReason() -> String { String(cString: strerror(errno)) }
}
