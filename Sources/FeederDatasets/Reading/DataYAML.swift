import Foundation
import Yams

/// The fields of a data.yaml as they are written, types checked; what the paths lead to is `Dataset`'s business.
struct DataYAML {
  /// A text and the line it stands on, counted from 1.
  struct Field: Equatable {
    var text: String
    var line: Int?
  }

  let file: String
  let path: Field?
  let train: Field
  let val: Field
  let classNames: [String]

  /// The largest data.yaml read; one of 10,000 classes has some 200 KB.
  private static let largestFile = 4 << 20
  /// YAML's parser recurses; nothing real nests deeper than names do (2).
  private static let deepestNesting = 100

  /// Reads and checks the file. Throws `DatasetError` naming file and line.
  init(file: String) throws {
    self.file = file
    let bytes = try FileBytes.read(file, limit: Self.largestFile)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DatasetError.configuration(file: file, line: nil, problem: "is not UTF-8 text, so not a data.yaml")
    }
    try Self.checkNesting(text, file: file)
    let root: Node?
    do {
      root = try compose(yaml: text)
    } catch let error as YamlError {
      let (line, problem) = Self.explain(error)
      throw DatasetError.configuration(file: file, line: line, problem: problem)
    }
    guard let mapping = root?.mapping else {
      throw DatasetError.configuration(
        file: file, line: root?.mark?.line,
        problem: "is not a data.yaml: it wants the keys train, val and names, one a line")
    }
    path = try Self.text("path", in: mapping, file: file)
    train = try Self.required("train", in: mapping, file: file)
    val = try Self.required("val", in: mapping, file: file)
    classNames = try ClassNames(mapping, file: file).names
  }

  private static func required(_ key: String, in mapping: Node.Mapping, file: String) throws -> Field {
    guard let field = try text(key, in: mapping, file: file) else {
      throw DatasetError.configuration(
        file: file, line: nil, problem: "has no '\(key)': name the folder of its images, as in '\(key): images/\(key)'")
    }
    return field
  }

  private static func text(_ key: String, in mapping: Node.Mapping, file: String) throws -> Field? {
    guard let node = mapping[Node(key)] else { return nil }
    let line = node.mark?.line
    guard let scalar = node.scalar else {
      throw DatasetError.configuration(
        file: file, line: line, problem: "'\(key)' is a \(kind(node)); Feeder reads one folder here, written as text")
    }
    guard node.null == nil, !scalar.string.isEmpty, !scalar.string.contains("\0") else {
      throw DatasetError.configuration(file: file, line: line, problem: "'\(key)' is empty; name a folder")
    }
    return Field(text: scalar.string, line: line)
  }

  static func kind(_ node: Node) -> String {
    switch node {
    case .mapping: "map"
    case .sequence: "list"
    case .scalar, .alias: "single value"
    }
  }

  /// Refuses what would drive the recursive parser out of its stack.
  private static func checkNesting(_ text: String, file: String) throws {
    var opened = 0
    var lineNumber = 1
    var leading = 0
    var isLeading = true
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\n"): (lineNumber, leading, isLeading) = (lineNumber + 1, 0, true)
      case UInt8(ascii: "["), UInt8(ascii: "{"): opened += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): opened -= 1
      case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: " "): leading += isLeading ? 1 : 0
      default: isLeading = false
      }
      guard opened <= deepestNesting, leading <= 2 * deepestNesting else {
        throw DatasetError.configuration(file: file, line: lineNumber, problem: "nests too deeply for a data.yaml")
      }
    }
  }

  private static func explain(_ error: YamlError) -> (Int?, String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      (mark.line, "is not YAML: \(problem)")
    case .reader(let problem, _, _, _): (nil, "is not YAML: \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
      (context.mark.line, "has the key \(keys.sorted().map { "'\($0)'" }.joined(separator: ", ")) twice")
    default: (nil, "is not YAML")
    }
  }
}
