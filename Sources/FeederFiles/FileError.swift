import FeederCore
import Foundation

/// Why a file or folder is not written: one line that names it and says what to do.
package struct FileError: Error, Equatable, CustomStringConvertible {
  /// The place, with the option that names it if one does.
  package let place: String
  /// What is wrong with it.
  package let problem: String
  /// True if it is a pipe whose reader is gone.
  package let isReaderGone: Bool

  init(_ place: String, _ problem: String, isReaderGone: Bool = false) {
    self.place = place
    self.problem = problem
    self.isReaderGone = isReaderGone
  }

  /// The last system call failed on a pipe or a device. The free space of a disk explains nothing there.
  static func stream(_ place: String, code: Int32 = errno) -> FileError {
    if code == EPIPE { return FileError(place, "cannot be written (its reader is gone)", isReaderGone: true) }
    return FileError(place, "cannot be written (\(String(cString: strerror(code))))")
  }

  /// The system call before failed on the file `path`.
  static func system(_ place: String, _ path: String, code: Int32 = errno) -> FileError {
    FileError(place, "cannot be written (\(FreeSpace.reason(path, code: code)))")
  }

  package var description: String { "\(place): \(problem)" }
}
