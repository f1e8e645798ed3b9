import Foundation

/// A text file of class names, one per line, as Label Studio, labelImg and darknet write it.
package struct ClassList {
  /// What the file is called, in small letters.
  package static let names: Set<String> = ["classes.txt", "obj.names"]

  /// The names; a class is its place in this list.
  package let classNames: [String]

  /// Reads the file. Throws `DatasetError` naming file and line.
  package init(file: String) throws {
    let bytes = try FileBytes.read(file, limit: 1 << 20)
    guard let text = String(validating: bytes.dropFirst(TextBytes.markCount(bytes)), as: UTF8.self) else {
      throw DatasetError.configuration(file: file, line: nil, problem: "is not UTF-8 text; it wants one class per line")
    }
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    while lines.last?.isEmpty == true { lines.removeLast() }
    guard !lines.isEmpty else {
      throw DatasetError.configuration(file: file, line: nil, problem: "has no classes; write one per line")
    }
    var seen: [String: Int] = [:]
    for (index, name) in lines.enumerated() {
      func fail(_ problem: String) -> DatasetError { .configuration(file: file, line: index + 1, problem: problem) }
      guard !name.isEmpty else { throw fail("class \(index) has no name") }
      guard name.unicodeScalars.allSatisfy(ClassNames.isPrintable) else {
        throw fail("class \(index) has a name with a control character; write plain text")
      }
      if let first = seen.updateValue(index + 1, forKey: name) {
        throw fail("class '\(name)' is named twice (first on line \(first))")
      }
    }
    classNames = lines
  }
}
