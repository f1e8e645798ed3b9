import FeederCore
import Foundation

/// Files read and written in one piece.
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

  /// Writes beside the file and renames, so that a reader sees the old bytes or the new ones, and waits until these are on the disk.
  ///
  /// Throws `.unwritable`.
  package static func write(_ data: Data, to url: URL) throws {
    do {
      try data.write(to: url, options: .atomic)
    } catch {
      throw ReportingError.unwritable(file: url.path, reason: reason(error, url))
    }
    guard FolderSync.wait(url.deletingLastPathComponent().path) else {
      throw ReportingError.unwritable(file: url.path, reason: FreeSpace.reason(url.path))
    }
  }

  private static func reason(_ error: any Error, _ url: URL) -> String {
    let cocoa = error as NSError
    if let underlying = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError, underlying.domain == NSPOSIXErrorDomain {
      return FreeSpace.reason(url.path, code: Int32(underlying.code))
    }
    switch (error as? CocoaError)?.code {
    case .fileWriteOutOfSpace: return FreeSpace.reason(url.path, code: ENOSPC)
    case .fileWriteUnknown: return "its disk does not take it"
    default: return cocoa.localizedDescription
    }
  }
}
