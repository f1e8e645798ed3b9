import FeederDatasets
import FeederFiles
import Foundation

/// A YAML file of settings: the args.yaml of a run, or a file for `--config`.
///
/// Feeder ends an args.yaml with the line `end_of_file: N settings`, where N counts the settings before it. So a file that was cut, or
/// lost some of its lines, is not taken for a whole one. A person may change every value and add lines; a person who takes lines out
/// lowers N.
struct SettingsFile {
  /// The last key of an args.yaml.
  static let endKey = "end_of_file"

  let path: String
  /// The settings in the order of the file. A value is nil if it is a list or a map; settings without a value are left out.
  let settings: [(key: String, value: String?)]
  /// Why the file is not whole, in words that follow its name; nil if it is whole.
  let gap: String?

  /// Reads the file at `path`. Throws a line if it is no YAML file of settings.
  init(_ path: String) throws {
    self.path = path
    guard let node = try YAMLFile(path).root else {
      (settings, gap) = ([], "is empty")
      return
    }
    guard let mapping = node.mapping else {
      throw CommandError("\(path): holds no settings; write one `key: value` a line")
    }
    let all = mapping.map { key, value in (key: key.scalar?.string ?? "?", value: value.scalar?.string) }
    settings = all.filter { $0.key != Self.endKey && !["", "null", "~"].contains($0.value) }
    let count = all.count { $0.key != Self.endKey }
    guard let end = all.first(where: { $0.key == Self.endKey })?.value, let expected = Self.count(in: end) else {
      gap = "is cut off: its last line, '\(Self.endKey): N settings', is not there"
      return
    }
    gap = count < expected ? "has \(count) of the \(expected) settings that its last line counts" : nil
  }

  /// The value of the last line of a file of so many settings.
  static func end(_ count: Int) -> String { "\(count) settings" }

  /// The number in the value of a last line; nil if the line itself was cut.
  private static func count(in end: String) -> Int? {
    guard end.hasSuffix(" settings") else { return nil }
    return Int(end.dropLast(" settings".count))
  }

  /// Files that end as an args.yaml does.
  static let signature = FileSignature { glance in
    guard let line = String(decoding: glance.tail, as: UTF8.self).split(separator: "\n").last else { return false }
    return line.hasPrefix(endKey + ": ") && count(in: String(line.dropFirst(endKey.count + 2))) != nil
  }

  /// Throws a line that says what to do if the args.yaml of a run is not whole.
  func checkWhole() throws {
    guard let gap else { return }
    throw CommandError(
      "\(path): \(gap); put the file back from a copy, or begin a new run with --weights and the weights of this one")
  }
}
