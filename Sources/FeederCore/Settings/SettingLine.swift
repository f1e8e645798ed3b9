/// A line of text that names settings. A Swift program reads their keys (`image_size`); the command line shows them as
/// flags (`--image-size`). In a literal, `\(setting: "image_size")` is such a name.
package struct SettingLine: Sendable, Equatable, CustomStringConvertible, ExpressibleByStringInterpolation {
  fileprivate enum Part: Sendable, Equatable {
    case text(String)
    case setting(String)
  }

  private var parts: [Part]

  /// A line that names no settings.
  package init(_ text: String) { parts = [.text(text)] }

  /// The line of an error.
  package init(_ error: any Error) {
    self = (error as? any SettingsError)?.line ?? SettingLine(String(describing: error))
  }

  /// A line that names no settings, from a literal.
  package init(stringLiteral text: String) { parts = [.text(text)] }

  /// A line from a literal with interpolations.
  package init(stringInterpolation: Interpolation) { parts = stringInterpolation.parts }

  /// The parts of a literal with interpolations.
  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    /// An empty literal.
    package init(literalCapacity: Int, interpolationCount: Int) {}

    /// Adds text.
    package mutating func appendLiteral(_ text: String) { parts.append(.text(text)) }

    /// Adds the description of a value.
    package mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      parts.append(.text(value.description))
    }

    /// Adds another line, with the settings that it names.
    package mutating func appendInterpolation(_ line: SettingLine) { parts += line.parts }

    /// Adds the name of the setting `key`.
    package mutating func appendInterpolation(setting key: String) { parts.append(.setting(key)) }
  }

  /// All lines as one, with `separator` between them.
  package static func joined(_ lines: [SettingLine], by separator: String) -> SettingLine {
    var all = SettingLine("")
    for (index, line) in lines.enumerated() { all.parts += (index == 0 ? [] : [.text(separator)]) + line.parts }
    return all
  }

  /// `second` behind `first`.
  package static func + (first: SettingLine, second: SettingLine) -> SettingLine { "\(first)\(second)" }

  /// The line with the settings' keys: `image_size`.
  package var description: String { text { $0 } }

  /// The line with the settings' flags: `--image-size`.
  package var flags: String { text(Self.flag) }

  private func text(_ name: (String) -> String) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .setting(let key): name(key)
      }
    }.joined()
  }

  /// The flag of a setting: `--image-size` for `image_size`.
  package static func flag(_ key: String) -> String { "--" + key.replacing("_", with: "-") }
}

/// An error whose line may name settings.
package protocol SettingsError: Error, CustomStringConvertible {
  /// The line: the setting, the fault, and the remedy.
  var line: SettingLine { get }
}

extension SettingsError {
  /// The line with the settings' keys.
  package var description: String { line.description }
}

/// An error about the value of a setting.
package struct SettingError: SettingsError, Equatable {
  /// The setting, the fault, and the remedy.
  package let line: SettingLine

  /// An error with that line.
  package init(_ line: SettingLine) { self.line = line }
}
