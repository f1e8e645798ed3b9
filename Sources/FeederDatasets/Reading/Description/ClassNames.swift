import Yams

/// The `names` of a data.yaml: a list, or a map from 0 to n - 1, each name once; `nc` must agree if it is given.
struct ClassNames {
  let names: [String]

  /// Reads `names` and `nc`. Throws `DatasetError.configuration` with the line.
  init(_ mapping: Node.Mapping, file: String) throws {
    func fail(_ node: Node?, _ problem: String) -> DatasetError {
      .configuration(file: file, line: node?.mark?.line, problem: problem)
    }
    guard let node = mapping["names"], node.null == nil || node.scalar == nil else {
      throw fail(mapping["names"], "has no classes: list them under 'names', one a line")
    }
    let nodes: [Node]
    if let sequence = node.sequence {
      nodes = Array(sequence)
    } else if let map = node.mapping {
      nodes = try Self.ordered(map, fail: fail)
    } else {
      throw fail(node, "'names' is a \(DataYAML.kind(node)); it wants a list, or a map from 0 on")
    }
    guard !nodes.isEmpty else { throw fail(node, "has no classes: 'names' is empty") }

    var lines: [String: Int] = [:]
    names = try nodes.enumerated().map { index, item in
      guard let name = item.scalar?.string, !name.isEmpty, item.null == nil else {
        throw fail(item, "class \(index) has no name; a name is one text that is not empty")
      }
      guard name.unicodeScalars.allSatisfy(Self.isPrintable) else {
        throw fail(item, "class \(index) has a name with a control character; write plain text")
      }
      if let first = lines.updateValue(item.mark?.line ?? 0, forKey: name) {
        throw fail(item, "class '\(name)' is named twice (first on line \(first))")
      }
      return name
    }
    if let count = mapping["nc"] {
      guard let number = Self.integer(count) else { throw fail(count, "'nc' is not a whole number") }
      guard number == names.count else {
        throw fail(count, "'nc' says \(number) classes, but 'names' has \(names.count)")
      }
    }
  }

  /// The values of a map whose keys are 0 to n - 1, in that order.
  private static func ordered(
    _ map: Node.Mapping, fail: (Node?, String) -> DatasetError
  ) throws -> [Node] {
    var values = [Node?](repeating: nil, count: map.count)
    for (key, value) in map {
      guard let index = integer(key) else {
        throw fail(key, "'names' has the key '\(key.scalar?.string ?? "?")'; keys are whole numbers from 0 on")
      }
      guard values.indices.contains(index) else {
        throw fail(key, "'names' has \(map.count) classes and the key \(index); keys run from 0 to \(map.count - 1)")
      }
      guard values[index] == nil else { throw fail(key, "class \(index) is there twice in 'names'") }
      values[index] = value
    }
    return values.compactMap { $0 }
  }

  /// A whole number. Yams' own reading takes 1:30 for 90, and ends the program where such a number is too large.
  private static func integer(_ node: Node) -> Int? { node.scalar.flatMap { Int($0.string) } }

  /// False for what a line of text cannot hold, or YAML cannot.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: false
    default: ![0xFEFF, 0xFFFE, 0xFFFF].contains(scalar.value)
    }
  }
}
