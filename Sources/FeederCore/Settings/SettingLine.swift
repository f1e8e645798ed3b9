/// A line that names settings. A Swift program reads their names (`image_size`); the command line writes them as flags
/// (`--image-size`). In a literal, `\(setting: "image_size")` is such a name.
package struct SettingLine: Sendable, Equatable, CustomStringConvertible, ExpressibleByStringInterpolation {
  fileprivate enum Part: Sendable, Equatable {
    case text(String)
    case setting(String)
  }

  private var parts: [Part]

  /// A line without names.
  package init(_ text: String) { parts = [.text(text)] }

  /// The line of an error.
  package init(_ error: any Error) {
    self = (error as? any SettingsError)?.line ?? SettingLine(String(describing: error))
  }

  /// A line without names.
  package init(stringLiteral text: String) { parts = [.text(text)] }

  /// A line with names.
  package init(stringInterpolation: Interpolation) { parts = stringInterpolation.parts }

  /// The parts of a literal.
  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    /// No parts.
    package init(literalCapacity: Int, interpolationCount: Int) {}

    /// Adds words.
    package mutating func appendLiteral(_ text: String) { parts.append(.text(text)) }

    /// Adds a value.
    package mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      parts.append(.text(value.description))
    }

    /// Adds another line with its names.
    package mutating func appendInterpolation(_ line: SettingLine) { parts += line.parts }

    /// Adds the name of a setting.
    package mutating func appendInterpolation(setting key: String) { parts.append(.setting(key)) }
  }

  /// All lines as one, with `separator` between them.
  package static func joined(_ lines: [SettingLine], by separator: String) -> SettingLine {
    var all = SettingLine("")
    for (index, line) in lines.enumerated() { all.parts += (index == 0 ? [] : [.text(separator)]) + line.parts }
    return all
  }

  /// Both lines as one.
  package static func + (first: SettingLine, second: SettingLine) -> SettingLine { "\(first)\(second)" }

  /// The line with the settings' names.
  package var description: String { text { $0 } }

  /// The line with the settings as flags.
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

/// An error whose line names settings.
package protocol SettingsError: Error, CustomStringConvertible {
  /// The line: the setting, the fault, and the remedy.
  var line: SettingLine { get }
}

extension SettingsError {
  package var description: String { line.description }
}

/// A setting that makes no sense.
package struct SettingError: SettingsError, Equatable {
  package let line: SettingLine

  /// A refusal with its reason.
  package init(_ line: SettingLine) { self.line = line }
}
