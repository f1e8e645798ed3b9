import FeederFiles
import Foundation

/// A run's results.csv: a header and one row per epoch. The file on disk is complete after every append.
package struct ResultsCSV {
  /// Recognises files that start like a results.csv.
  package static let signature = FileSignature(start: EpochRow.columns.joined(separator: ",") + "\n")

  private let url: URL
  private var lines: [String]

  /// Starts a file with only the header and replaces an existing one. Throws `FileError` if it cannot be written.
  package init(creating url: URL) throws {
    self.url = url
    lines = [EpochRow.columns.joined(separator: ",")]
    try save()
  }

  /// Continues a file from `epoch`, counted from 1: drops later rows and a last row that was cut off.
  ///
  /// A file that is missing or has no rows is started again. Rows without validation losses get empty ones. Throws
  /// `ReportingError` if the file is not a results.csv with these columns or if rows before `epoch` are missing, and
  /// `FileError` if it cannot be written.
  package init(continuing url: URL, from epoch: Int) throws {
    self.url = url
    lines = [EpochRow.columns.joined(separator: ",")]
    if FileManager.default.fileExists(atPath: url.path) {
      let rows = try Self.rows(of: url, header: lines[0], before: epoch)
      // A file without rows is one that was started again.
      if let last = rows.last.flatMap(Self.epoch), last != epoch - 1 {
        throw ReportingError.results(
          file: url.path, line: rows.count + 1,
          problem:
            "ends with epoch \(last), and the run has done \(epoch - 1); put it back from a copy, or move it away: the run "
            + "continues without the rows before")
      }
      if rows.isEmpty, epoch > 1, try !Self.endsWithLine(url) {
        throw ReportingError.results(
          file: url.path, line: 2,
          problem:
            "is cut off, and the run has done \(epoch - 1) epochs; put the file back from a copy, or move it away: the run continues "
            + "without the rows before")
      }
      lines += rows
    }
    try save()
  }

  private static func endsWithLine(_ url: URL) throws -> Bool { try WholeFile.read(url).last == UInt8(ascii: "\n") }

  /// True if the file has no row.
  package var isEmpty: Bool { lines.count == 1 }

  private static func epoch(_ row: String) -> Int? { Int(row.prefix { $0 != "," }) }

  /// The rows of a file in its order. Throws `ReportingError` if it cannot be read or has other columns.
  package static func read(_ url: URL) throws -> [EpochRow] {
    let lines = try rows(of: url, header: EpochRow.columns.joined(separator: ","), before: .max)
    return try lines.enumerated().map { index, line in
      guard let row = EpochRow(line) else {
        throw ReportingError.results(
          file: url.path, line: index + 2, problem: "holds a value that is not a number; fix it or move the file")
      }
      return row
    }
  }

  private static func rows(of url: URL, header: String, before epoch: Int) throws -> [String] {
    let text = String(decoding: try WholeFile.read(url), as: UTF8.self)
    let all = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard !text.isEmpty else {
      throw ReportingError.results(
        file: url.path, line: 1, problem: "is empty; put the file back from a copy, or move it away")
    }
    var olderHeader = EpochRow.columns
    olderHeader.removeSubrange(EpochRow.newColumns)
    let isOlder = all[0] == olderHeader.joined(separator: ",")
    guard all[0] == header || isOlder else {
      throw ReportingError.results(
        file: url.path, line: 1, problem: "has other columns than this version writes; move the file away")
    }
    // After the last line end there is nothing, or a row that was cut off while it was written, perhaps inside a
    // number.
    var before: Int?
    return try all.enumerated().dropFirst().dropLast().compactMap { index, line in
      var fields = line.split(separator: ",", omittingEmptySubsequences: false)
      if isOlder, fields.count == olderHeader.count {
        fields.insert(contentsOf: EpochRow.newColumns.map { _ in "" }, at: EpochRow.newColumns.lowerBound)
      }
      guard fields.count == EpochRow.columns.count, let number = Int(fields[0]) else {
        throw ReportingError.results(
          file: url.path, line: index + 1,
          problem:
            "is not a row of \(EpochRow.columns.count) values that begins with an epoch; mend it or move the file")
      }
      guard before.map({ number == $0 &+ 1 }) ?? true else {
        throw ReportingError.results(
          file: url.path, line: index + 1,
          problem:
            "is epoch \(number), and the row before is epoch \(before ?? 0); put the file back from a copy, or move it away"
        )
      }
      before = number
      return number < epoch ? fields.joined(separator: ",") : nil
    }
  }

  /// Appends the row of an epoch. Throws `FileError` if it cannot be written; the file then keeps the earlier rows.
  package mutating func append(_ row: EpochRow) throws {
    lines.append(row.fields.joined(separator: ","))
    do {
      try save()
    } catch {
      lines.removeLast()
      throw error
    }
  }

  private func save() throws {
    try FileWriter.replace(Data((lines.joined(separator: "\n") + "\n").utf8), at: url.path)
  }
}
