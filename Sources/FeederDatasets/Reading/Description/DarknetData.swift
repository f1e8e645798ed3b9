import Foundation

/// A data file of darknet, as CVAT's "YOLO 1.1" writes it: `train = LIST`, `valid = LIST`, `names = FILE`, one per line.
struct DarknetData {
  /// The data set that it describes.
  let description: DatasetDescription

  /// Reads the file and its class names. Throws `DatasetError` naming file and line.
  init(file: String) throws {
    let bytes = try FileBytes.read(file, limit: 1 << 20)
    guard let text = String(validating: bytes.dropFirst(TextBytes.markCount(bytes)), as: UTF8.self) else {
      throw DatasetError.configuration(file: file, line: nil, problem: "is not UTF-8 text")
    }
    var fields: [String: DatasetDescription.Field] = [:]
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 2, !parts[1].isEmpty else { continue }
      guard parts[1].unicodeScalars.allSatisfy(ClassNames.isPrintable) else {
        throw DatasetError.configuration(file: file, line: index + 1, problem: "has a control character")
      }
      fields[parts[0].lowercased()] = .init(text: parts[1], line: index + 1)
    }
    guard let names = fields["names"] else {
      throw DatasetError.configuration(
        file: file, line: nil, problem: "has no 'names': name the file of the classes, as in 'names = obj.names'")
    }
    var finder = PathFinder(bases: [PathText.folder(of: file)])
    guard let (list, _) = finder.find(names.text) else {
      throw DatasetError.configuration(
        file: file, line: names.line, problem: "'names' names \(names.text), which is missing")
    }
    var sources: [Split: [DatasetDescription.Field]] = [:]
    for (split, key) in [(Split.train, "train"), (.val, "val"), (.val, "valid"), (.test, "test")] {
      guard var field = fields[key] else { continue }
      // Its lists begin with data/, a folder of darknet's own.
      if let (path, _) = finder.find(field.text) { field.text = path }
      sources[split] = [field]
    }
    description = DatasetDescription(
      file: file, path: nil, sources: sources, classNames: try ClassList(file: list).classNames, hasKeyPoints: false)
  }
}
