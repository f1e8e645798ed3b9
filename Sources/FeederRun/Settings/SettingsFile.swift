import FeederDatasets
import FeederFiles
import Foundation

/// A YAML file of settings: a run's args.yaml, or a file for `--config`.
///
/// Feeder ends an args.yaml with the line `end_of_file: N settings`; N counts the settings before it. So a file that
/// lost lines is not taken for a complete one. A user may change values and add lines; a user who removes lines must
/// lower N.
struct SettingsFile {
  /// The last key of an args.yaml.
  static let endKey = "end_of_file"

  let path: String
  /// The settings in the file's order. The value of a list or a map is nil. Settings without a value are left out.
  let settings: [(key: String, value: String?)]
  /// Why the file is not complete, in words that follow its name; nil if it is.
  let gap: String?

  /// Reads the file at `path`. Throws `CommandError` if it is not a YAML file of settings.
  init(_ path: String) throws {
    self.path = path
    guard let node = try YAMLFile(path).root else {
      (settings, gap) = ([], "is empty")
      return
    }
    guard let mapping = node.mapping else {
      throw CommandError("\(path): holds no settings; write one `key: value` per line")
    }
    let all = mapping.map { key, value in (key: key.scalar?.string ?? "?", value: value.scalar?.string) }
    settings = all.filter { $0.key != Self.endKey && !["", "null", "~"].contains($0.value) }
    let count = all.count { $0.key != Self.endKey }
    guard let end = all.first(where: { $0.key == Self.endKey })?.value, let expected = Self.count(in: end) else {
      gap = "is cut off: its last line, '\(Self.endKey): N settings', is missing"
      return
    }
    gap = count < expected ? "has \(count) of the \(expected) settings that its last line counts" : nil
  }

  /// The value of the last line of a file with `count` settings.
  static func end(_ count: Int) -> String { "\(count) settings" }

  /// The number in the value of a last line; nil if that line was cut off.
  private static func count(in end: String) -> Int? {
    guard end.hasSuffix(" settings") else { return nil }
    return Int(end.dropLast(" settings".count))
  }

  /// Recognises files that end as an args.yaml does.
  static let signature = FileSignature { glance in
    guard let line = String(decoding: glance.tail, as: UTF8.self).split(separator: "\n").last else { return false }
    return line.hasPrefix(endKey + ": ") && count(in: String(line.dropFirst(endKey.count + 2))) != nil
  }

  /// Throws `CommandError` with a remedy if a run's args.yaml is not complete.
  func checkWhole() throws {
    guard let gap else { return }
    throw CommandError(
      "\(path): \(gap); put the file back from a copy, or begin a new run with --weights and the weights of this one")
  }
}
