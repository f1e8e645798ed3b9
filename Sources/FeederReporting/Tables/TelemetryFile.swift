import FeederCore
import FeederFiles
import Foundation

/// A run's telemetry.csv, for `feeder top` and the report: about one row per second, each written with one write.
///
/// A process that is killed may leave its last row incomplete. Readers skip it.
package final class TelemetryFile {
  /// Recognises files that start like a telemetry.csv, or hold a part of its first line.
  package static let signature = FileSignature { glance in
    let header = Array((TelemetryRow.header + "\n").utf8)
    return glance.holds(header) || glance.byteCount < header.count && header.starts(with: glance.head)
  }

  private let url: URL
  private let descriptor: Int32

  /// Opens `url` to append rows, or makes the file if it is missing. Removes an incomplete last row. Throws
  /// `ReportingError` or `FileError` if the file is not a telemetry.csv, or cannot be read or written.
  package init(_ url: URL) throws {
    self.url = url
    var status = stat()
    if stat(url.path, &status) == 0 {
      try Self.checkHeader(url)
      // If the file has other hard links, as in a copy of the run, rows go to a new file, and the copy does not change.
      if status.st_nlink > 1 { try FileWriter.replace(WholeFile.read(url), at: url.path) }
    }
    descriptor = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(url) }
    try cutLastRow()
  }

  deinit { close(descriptor) }

  /// Appends a row. Throws `ReportingError.unwritable`.
  package func append(_ row: TelemetryRow) throws { try add(row.line) }

  private func add(_ line: String) throws {
    guard FileWriter.pour(Data((line + "\n").utf8), into: descriptor) else { throw Self.failure(url) }
  }

  /// Throws if the file is not a telemetry.csv. Such a file is not changed.
  private static func checkHeader(_ url: URL) throws {
    let text = String(decoding: try WholeFile.read(url), as: UTF8.self)
    let first = text.prefix { $0 != "\n" }
    guard first == TelemetryRow.header || first.count == text.count && TelemetryRow.header.hasPrefix(first) else {
      throw ReportingError.results(
        file: url.path, line: 1, problem: "has other columns than this version writes; move the file away")
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

  /// The rows of a file, the oldest first. Skips an incomplete last row. Throws `ReportingError` if the file cannot be
  /// read or is not a telemetry.csv of this version.
  package static func rows(of url: URL) throws -> [TelemetryRow] {
    let text = String(decoding: try WholeFile.read(url), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // The run has just made the file, or was killed while it made it.
    if lines.count == 1, TelemetryRow.header.hasPrefix(text) { return [] }
    guard lines[0] == TelemetryRow.header else {
      throw ReportingError.results(
        file: url.path, line: 1, problem: "has other columns than this version writes; move the file away")
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
