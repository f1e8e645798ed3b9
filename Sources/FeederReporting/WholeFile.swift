import FeederFiles
import Foundation

/// Reads whole files.
enum WholeFile {
  /// The bytes of a regular file. Throws `ReportingError.unreadable`.
  static func read(_ url: URL) throws -> Data {
    do throws(FileReader.Failure) {
      return Data(try FileReader.bytes(of: url.path, limit: .max))
    } catch {
      let reason =
        if case .system(_, let code) = error { FreeSpace.reason(url.path, code: code) } else { "not a regular file" }
      throw ReportingError.unreadable(file: url.path, reason: reason)
    }
  }
}
