import FeederCodecs
import FeederImaging
import Yams

/// The fields of a data.yaml as they are written, types checked.
package struct DataYAML {
  /// The data set that it describes.
  package let description: DatasetDescription

  /// Keys of a split; the first that is there counts.
  private static let keys: [(split: Split, keys: [String])] = [
    (.train, ["train"]), (.val, ["val", "validation", "valid"]), (.test, ["test"]),
  ]

  /// Reads and checks the file. Throws `DatasetError` naming file and line.
  package init(file: String) throws {
    let root = try YAMLFile(file).root
    guard let mapping = root?.mapping else {
      throw DatasetError.configuration(
        file: file, line: root?.mark?.line,
        problem: "is not a data.yaml: it wants the keys train, val and names, one a line")
    }
    var sources: [Split: [DatasetDescription.Field]] = [:]
    for (split, keys) in Self.keys {
      guard let key = keys.first(where: { mapping[Node($0)] != nil }) else { continue }
      // Exports without test images name none.
      if split == .test, mapping[Node(key)]?.null != nil { continue }
      sources[split] = try Self.texts(key, in: mapping, file: file)
    }
    var description = DatasetDescription(
      file: file, path: try Self.texts("path", in: mapping, file: file).first, sources: sources,
      classNames: try ClassNames(mapping, file: file).names, hasKeyPoints: mapping["kpt_shape"] != nil)
    description.window = try Self.window(mapping, file: file)
    self.description = description
  }

  /// The window that the keys `window` and `curve` name; nil if neither is there. Throws `DatasetError.configuration`.
  private static func window(_ mapping: Node.Mapping, file: String) throws -> LevelWindow? {
    func fail(_ key: String, _ problem: String) -> DatasetError {
      let line = mapping[Node(key)]?.mark?.line
      return .configuration(file: file, line: line, problem: "'\(key)' \(problem)")
    }
    var window: LevelWindow?
    if let node = mapping["window"] {
      let texts = node.sequence.map { $0.compactMap(\.scalar?.string) } ?? [node.scalar?.string ?? ""]
      window = LevelWindow(text: texts.joined(separator: ","))
      if window == nil {
        throw fail("window", "is no window; give full, or [BLACK, WHITE] with 0 <= BLACK < WHITE <= 65535")
      }
    }
    guard let text = mapping["curve"]?.scalar?.string ?? mapping["curve"].map({ _ in "" }) else { return window }
    guard let curve = LevelWindow.Curve(rawValue: text) else {
      let known = LevelWindow.Curve.allCases.map(\.rawValue).joined(separator: " or ")
      throw fail("curve", "is no curve; give \(known)")
    }
    return (window ?? .full).with(curve)
  }

  /// True if the file at `path` is YAML with class names.
  static func hasClasses(_ path: String) -> Bool {
    guard let mapping = (try? YAMLFile(path).root)?.mapping else { return false }
    return mapping["names"] != nil
  }

  /// The text or the list of texts of a key; empty if it is not there.
  private static func texts(
    _ key: String, in mapping: Node.Mapping, file: String
  ) throws -> [DatasetDescription.Field] {
    guard let node = mapping[Node(key)] else { return [] }
    func fail(_ node: Node, _ problem: String) -> DatasetError {
      .configuration(
        file: file, line: node.mark?.line ?? mapping[Node(key)]?.mark?.line, problem: "'\(key)' \(problem)")
    }
    let wanted = key == "path" ? "a folder" : "a folder or a text file of image paths"
    if key != "path", let list = node.sequence, list.isEmpty { throw fail(node, "is empty; name \(wanted)") }
    let nodes = key == "path" ? [node] : node.sequence.map(Array.init) ?? [node]
    return try nodes.map { node in
      guard let scalar = node.scalar else {
        throw fail(node, "is a \(kind(node)); Feeder reads \(wanted) here, written as text")
      }
      guard node.null == nil, !scalar.string.isEmpty else { throw fail(node, "is empty; name \(wanted)") }
      guard scalar.string.unicodeScalars.allSatisfy(ClassNames.isPrintable) else {
        throw fail(node, "has a control character; name \(wanted)")
      }
      return DatasetDescription.Field(text: scalar.string, line: node.mark?.line)
    }
  }

  static func kind(_ node: Node) -> String {
    switch node {
    case .mapping: "map"
    case .sequence: "list"
    case .scalar, .alias: "single value"
    }
  }
}
