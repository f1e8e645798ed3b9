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
  /// True if `kpt_shape` says that key points follow each box.
  let hasKeyPoints: Bool

  /// Reads and checks the file. Throws `DatasetError` naming file and line.
  init(file: String) throws {
    self.file = file
    let root = try YAMLFile(file).root
    guard let mapping = root?.mapping else {
      throw DatasetError.configuration(
        file: file, line: root?.mark?.line,
        problem: "is not a data.yaml: it wants the keys train, val and names, one a line")
    }
    path = try Self.text("path", in: mapping, file: file)
    train = try Self.required("train", in: mapping, file: file)
    val = try Self.required("val", in: mapping, file: file)
    classNames = try ClassNames(mapping, file: file).names
    hasKeyPoints = mapping["kpt_shape"] != nil
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
    guard node.null == nil, !scalar.string.isEmpty else {
      throw DatasetError.configuration(file: file, line: line, problem: "'\(key)' is empty; name a folder")
    }
    guard scalar.string.unicodeScalars.allSatisfy(ClassNames.isPrintable) else {
      throw DatasetError.configuration(
        file: file, line: line, problem: "'\(key)' has a control character; name a folder")
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
}
