import Yams

/// A YAML file as nodes, read so that no file hangs or ends the program.
///
/// Size is limited here and depth by libyaml itself (1,000). Aliases are refused: ten lines of them can stand for a billion nodes, or
/// nest a hundred thousand deep, and no data.yaml or args.yaml needs them.
package struct YAMLFile {
  /// The document; nil where the file is empty.
  package let root: Node?

  /// The largest file read; a data.yaml of 10,000 classes has some 200 KB.
  private static let largestFile = 1 << 20

  /// Reads and checks the file. Throws `DatasetError` naming file and line.
  package init(_ file: String) throws {
    var bytes = try FileBytes.read(file, limit: Self.largestFile)
    bytes.removeFirst(TextBytes.markCount(bytes))
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DatasetError.configuration(file: file, line: nil, problem: "is not UTF-8 text, so not YAML")
    }
    if let (alias, line) = Self.firstAlias(bytes) {
      throw DatasetError.configuration(
        file: file, line: line, problem: "has the YAML alias '*\(alias)'; write out what '&\(alias)' stands for")
    }
    do {
      root = try compose(yaml: text)
    } catch let error as YamlError {
      let (line, problem) = Self.explain(error)
      throw DatasetError.configuration(file: file, line: line, problem: problem)
    }
  }

  /// The first `*name` whose `&name` stands before it, and its line.
  ///
  /// Comments and quotes are not told apart from YAML's own signs, which would take a parser: two such words in a text refuse the file
  /// for nothing, and no alias is missed.
  private static func firstAlias(_ bytes: [UInt8]) -> (name: String, line: Int)? {
    var anchors: Set<ArraySlice<UInt8>> = []
    var line = 1
    for (place, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\n") { line += 1 }
      guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") else { continue }
      let name = bytes[(place + 1)...].prefix(while: isNamePart)
      if name.isEmpty { continue }
      if byte == UInt8(ascii: "&") {
        anchors.insert(name)
      } else if anchors.contains(name) {
        return (String(decoding: name.prefix(40), as: UTF8.self), line)
      }
    }
    return nil
  }

  /// True for what libyaml takes for a part of an anchor's name.
  private static func isNamePart(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D || byte == 0x5F
  }

  private static func explain(_ error: YamlError) -> (Int?, String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      (mark.line, problem.hasPrefix("Maximum nesting level") ? "nests too deeply" : "is not YAML: \(problem)")
    case .reader(let problem, _, _, _): (nil, "is not YAML: \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
      (context.mark.line, "has the key \(keys.map { "'\($0)'" }.joined(separator: ", ")) twice")
    default: (nil, "is not YAML")
    }
  }
}
