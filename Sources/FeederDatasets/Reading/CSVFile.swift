import FeederFiles

/// Text files of rows whose values are separated by commas, semicolons or tabs, as RFC 4180 has them: a value may stand in double
/// quotes, and then holds separators, line ends and doubled quotes.
package enum CSVFile {
  /// A row that is not blank.
  package struct Row {
    /// The line on which it begins, counted from 1.
    package let line: Int
    /// The values, without the space around those that are not quoted.
    package let fields: [String]
  }

  /// Some ten million rows of boxes.
  private static let largestFile = 1 << 30

  /// Calls `body` for each row of a file, in their order. Throws `DatasetError` if the file cannot be read, is no UTF-8 text or has a
  /// quote that is not closed.
  package static func forEachRow(of file: String, _ body: (Row) throws -> Void) throws {
    try forEachRow(of: try FileBytes.read(file, limit: largestFile), file: file, body)
  }

  /// The same for the bytes of a file that messages call `file`.
  package static func forEachRow(of bytes: [UInt8], file: String, _ body: (Row) throws -> Void) throws {
    func fail(_ line: Int?, _ problem: String) -> DatasetError { .source(file: file, line: line, problem: problem) }
    let text = bytes.dropFirst(TextBytes.markCount(bytes))
    guard !TextBytes.isUTF16(bytes), String(validating: text, as: UTF8.self) != nil else {
      throw fail(nil, "is not UTF-8 text; save it as UTF-8")
    }
    let separator = separator(of: text)
    var (line, first) = (1, 1)
    var (fields, field): ([String], [UInt8]) = ([], [])
    var (isQuoted, wasQuoted) = (false, false)
    func value() -> String {
      let text = String(decoding: field, as: UTF8.self)
      return wasQuoted ? text : trimmed(text)
    }
    func endRow() throws {
      fields.append(value())
      if fields.contains(where: { !$0.isEmpty }) { try body(Row(line: first, fields: fields)) }
      (fields, field, wasQuoted) = ([], [], false)
    }
    var place = text.startIndex
    while place < text.endIndex {
      let byte = text[place]
      let next = place + 1 < text.endIndex ? text[place + 1] : 0
      place += 1
      if byte == 0x0A || (byte == 0x0D && next != 0x0A) { line += 1 }
      if isQuoted {
        if byte != UInt8(ascii: "\"") {
          field.append(byte)
        } else if next == UInt8(ascii: "\"") {
          field.append(byte)
          place += 1
        } else {
          isQuoted = false
        }
      } else if byte == UInt8(ascii: "\""), field.allSatisfy({ $0 == 0x20 }) {
        (field, isQuoted, wasQuoted) = ([], true, true)
      } else if byte == separator {
        fields.append(value())
        (field, wasQuoted) = ([], false)
      } else if byte == 0x0A || byte == 0x0D {
        if byte == 0x0D, next == 0x0A { continue }
        try endRow()
        first = line
      } else if !wasQuoted || byte != 0x20 {
        field.append(byte)
      }
    }
    guard !isQuoted else { throw fail(first, "begins a quoted value that does not end") }
    try endRow()
  }

  /// The values of the first row; none if the file cannot be read or is no text of rows.
  package static func header(of file: String) -> [String] {
    let start = FileReader.start(of: file, byteCount: 1 << 16)
    // A row that is cut off is none.
    guard let end = start.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) ?? (start.count < 1 << 16 ? start.count : nil)
    else { return [] }
    var fields: [String] = []
    try? forEachRow(of: Array(start[..<end]), file: file) { fields = $0.fields }
    return fields
  }

  /// The separator that stands most often on the first line outside of quotes; a comma if there is none.
  private static func separator(of text: ArraySlice<UInt8>) -> UInt8 {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in text {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == 0x0A || byte == 0x0D { break }
      counts[byte, default: 0] += 1
    }
    let comma = UInt8(ascii: ",")
    return [UInt8(ascii: ";"), 0x09].first { counts[$0, default: 0] > counts[comma, default: 0] } ?? comma
  }

  private static func trimmed(_ text: String) -> String {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    guard text.utf8.first.map(isSpace) == true || text.utf8.last.map(isSpace) == true else { return text }
    return String(decoding: text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed(), as: UTF8.self)
  }
}
