import FeederCore
import FeederFiles
import Foundation

/// Reads and writes whole files.
package enum WholeFile {
  /// The bytes of a regular file. Throws `ReportingError.unreadable`.
  static func read(_ url: URL) throws -> Data {
    var status = stat()
    guard stat(url.path, &status) == 0 else {
      throw ReportingError.unreadable(file: url.path, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ReportingError.unreadable(file: url.path, reason: "not a regular file")
    }
    do {
      return try Data(contentsOf: url)
    } catch {
      throw ReportingError.unreadable(file: url.path, reason: reason(error, url))
    }
  }

  /// Writes a file of the caller's as `FileWriter.replace` does, and waits until it is on the disk. Throws `FileError`.
  package static func write(_ data: Data, to url: URL) throws { try FileWriter.replace(data, at: url.path) }

  private static func reason(_ error: any Error, _ url: URL) -> String {
    let cocoa = error as NSError
    if let underlying = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError, underlying.domain == NSPOSIXErrorDomain {
      return FreeSpace.reason(url.path, code: Int32(underlying.code))
    }
    return cocoa.localizedDescription
  }
}
