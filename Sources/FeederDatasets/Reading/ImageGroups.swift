import FeederCore

/// Groups of images that belong together, as the pictures of one board or one panel do. A data set with pictures of a board in two splits
/// measures what the network has learnt by heart.
package struct ImageGroups: Sendable, Equatable {
  private enum Source: Sendable, Equatable {
    /// A regular expression over the image's id. `Regex` itself cannot be sent to another thread.
    case pattern(String)
    /// Groups by the image's path as a list has it, without ending, and by its last component if that is unique.
    case table([String: String])
  }

  private let source: Source

  /// Reads what `--group-by` says: a CSV file of two columns, image and group, if it ends in .csv, else a regular expression whose first
  /// group in parentheses, or the whole match without parentheses, is the name of an image's group. Throws `DatasetError`.
  package init(_ text: String) throws {
    if text.lowercased().hasSuffix(".csv") {
      try self.init(table: text)
      return
    }
    do {
      _ = try Regex(text)
    } catch {
      throw DatasetError.source(
        file: "--group-by", line: nil, problem: "'\(text)' is neither a regular expression nor a .csv file")
    }
    self.init(.pattern(text))
  }

  private init(_ source: Source) { self.source = source }

  /// Reads a CSV file of two columns, image and group. Throws `DatasetError`.
  package init(table file: String) throws { source = .table(try Self.table(file)) }

  /// The group of each image, and the images that have none: each of these is a group of its own.
  package func names(of ids: [String]) -> (names: [String], groupless: [String]) {
    let group = finder()
    var groupless: [String] = []
    let names = ids.map { id in
      if let name = group(id) { return name }
      groupless.append(id)
      return id
    }
    return (names, groupless)
  }

  private func finder() -> (String) -> String? {
    switch source {
    case .pattern(let text):
      guard let pattern = try? Regex(text) else { preconditionFailure("'\(text)' was checked when it was read") }
      return { id in
        guard let match = try? pattern.firstMatch(in: id) else { return nil }
        let range = match.output.count > 1 ? match.output[1].range : match.range
        return range.map { String(id[$0]) }
      }
    case .table(let groups):
      return { id in groups[id] ?? id.split(separator: "/").last.flatMap { groups[String($0)] } }
    }
  }

  private static func table(_ file: String) throws -> [String: String] {
    var groups: [String: (group: String, line: Int)] = [:]
    var isFirst = true
    try CSVFile.forEachRow(of: file) { row in
      defer { isFirst = false }
      guard row.fields.count == 2, row.fields.allSatisfy({ !$0.isEmpty }) else {
        throw DatasetError.source(
          file: file, line: row.line, problem: "has \(row.fields.count) values, not 2 (an image and its group)")
      }
      let image = row.fields[0].replacing("\\", with: "/")
      let id = FileKind(image).isImage ? String(FileKind.stem(image)) : image
      if isFirst, id.lowercased() == "image" { return }
      if let first = groups.updateValue((row.fields[1], row.line), forKey: id), first.group != row.fields[1] {
        throw DatasetError.source(
          file: file, line: row.line,
          problem: "puts '\(image)' into the group '\(row.fields[1])', and line \(first.line) into '\(first.group)'")
      }
    }
    return groups.mapValues(\.group)
  }
}
