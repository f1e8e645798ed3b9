import FeederCore
import Foundation

/// The reason why a file or folder is not written: one line that names it and says what to do.
package struct FileError: Error, Equatable, CustomStringConvertible {
  /// The path, with the option that names it if there is one.
  package let place: String
  /// The fault, in words that follow the path.
  package let problem: String
  /// True if the path is a pipe whose reader is gone.
  package let isReaderGone: Bool

  init(_ place: String, _ problem: String, isReaderGone: Bool = false) {
    self.place = place
    self.problem = problem
    self.isReaderGone = isReaderGone
  }

  /// The error of the last system call on a pipe or device. It names no free space, which has no meaning there.
  static func stream(_ place: String, code: Int32 = errno) -> FileError {
    if code == EPIPE { return FileError(place, "cannot be written (its reader is gone)", isReaderGone: true) }
    return FileError(place, "cannot be written (\(String(cString: strerror(code))))")
  }

  /// The error of the last system call on the file `path`.
  static func system(_ place: String, _ path: String, code: Int32 = errno) -> FileError {
    FileError(place, "cannot be written (\(FreeSpace.reason(path, code: code)))")
  }

  /// The path, the fault and the remedy, in one line.
  package var description: String { "\(place): \(problem)" }
}
