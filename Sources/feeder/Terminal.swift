import Foundation

/// What a command says: one JSON document on stdout when asked, everything else on stderr.
enum Terminal {
  /// True where stderr is a terminal, so that a line may be redrawn in place.
  static let isInteractive = isatty(STDERR_FILENO) == 1

  /// Writes a line to stderr.
  static func say(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  /// Redraws the current line of a terminal; does nothing where there is none.
  static func redraw(_ line: String) {
    guard isInteractive else { return }
    FileHandle.standardError.write(Data(("\r\u{1B}[K" + line).utf8))
  }

  /// Writes `value` as the one JSON document on stdout, keys in snake_case.
  static func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    FileHandle.standardOutput.write(try encoder.encode(value) + Data("\n".utf8))
  }
}

/// A failure that a command found itself: what, where, and what to do, in one line.
struct CommandError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
