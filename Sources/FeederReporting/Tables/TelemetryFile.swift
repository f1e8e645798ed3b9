import FeederCore
import FeederFiles
import Foundation

/// A run's telemetry.csv: about a row a second, each added by one write, for `feeder top` and for the report.
///
/// A process that dies leaves at most its last row cut off; readers pass over that one.
package final class TelemetryFile {
  /// Files that begin as a telemetry.csv does, or hold a part of its first line.
  package static let signature = FileSignature { glance in
    let header = Array((TelemetryRow.header + "\n").utf8)
    return glance.holds(header) || glance.byteCount < header.count && header.starts(with: glance.head)
  }

  private let url: URL
  private let descriptor: Int32

  /// Opens `url` to add rows, and begins it where it is missing; what a dead process left of a row is cut off. Throws
  /// `ReportingError.unwritable`.
  package init(_ url: URL) throws {
    self.url = url
    var status = stat()
    if stat(url.path, &status) == 0 {
      try Self.checkHeader(url)
      // A copy of the run by hard links keeps what it has: the file that rows are added to is one of its own.
      if status.st_nlink > 1 { try WholeFile.write(WholeFile.read(url), to: url) }
    }
    descriptor = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(url) }
    try cutLastRow()
  }

  deinit { close(descriptor) }

  /// Adds a row. Throws `ReportingError.unwritable`.
  package func append(_ row: TelemetryRow) throws { try add(row.line) }

  private func add(_ line: String) throws {
    guard FileWriter.pour(Data((line + "\n").utf8), into: descriptor) else { throw Self.failure(url) }
  }

  /// Throws for a file that is somebody else's: nothing of it is cut off, and nothing added.
  private static func checkHeader(_ url: URL) throws {
    let text = String(decoding: try WholeFile.read(url), as: UTF8.self)
    let first = text.prefix { $0 != "\n" }
    guard first == TelemetryRow.header || first.count == text.count && TelemetryRow.header.hasPrefix(first) else {
      throw ReportingError.results(
        file: url.path, line: 1, problem: "columns are not those of a run of this version; move the file away")
    }
  }

  private func cutLastRow() throws {
    let data = try WholeFile.read(url)
    let end = data.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    if end < data.count, ftruncate(descriptor, off_t(end)) != 0 { throw Self.failure(url) }
    if end == 0 { try add(TelemetryRow.header) }
  }

  private static func failure(_ url: URL) -> ReportingError {
    .unwritable(file: url.path, reason: FreeSpace.reason(url.path))
  }

  /// The rows of a file, the oldest first; a last row without its end is left out. Throws `ReportingError` for a file that cannot be
  /// read or is no telemetry of this version.
  package static func rows(of url: URL) throws -> [TelemetryRow] {
    let text = String(decoding: try WholeFile.read(url), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // A run has just begun the file, or died when it did.
    if lines.count == 1, TelemetryRow.header.hasPrefix(text) { return [] }
    guard lines[0] == TelemetryRow.header else {
      throw ReportingError.results(
        file: url.path, line: 1, problem: "columns are not those of a run of this version; move the file away")
    }
    return try lines.enumerated().dropFirst().dropLast().map { index, line in
      guard let row = TelemetryRow(line) else {
        throw ReportingError.results(
          file: url.path, line: index + 1,
          problem:
            "is not a row of \(TelemetryRow.numbers.count + 1) values that begins with a phase; mend it or move the file"
        )
      }
      return row
    }
  }
}
