import Foundation
import Synchronization

/// What a command says: one JSON document on stdout when asked, everything else on stderr.
enum Terminal {
  /// True where stderr is a terminal, so that a line may be redrawn in place.
  static let isInteractive = isatty(STDERR_FILENO) == 1

  /// Opens /dev/null in the place of a standard stream that the caller closed: the next file opened would take its number,
  /// and messages would be written into it.
  static func claimStandardStreams() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// The name of a process that only speaks where something is wrong, as "rank 1"; nil for one that tells everything.
  static let quietName = Mutex<String?>(nil)

  /// Writes a line to stderr; where that fails, nobody could be told.
  static func say(_ line: String) {
    if quietName.withLock({ $0 == nil }) { _ = write(tame(line) + "\n", to: STDERR_FILENO) }
  }

  /// Writes a line to stderr that matters in a quiet process too.
  static func report(_ line: String) { _ = write(line + "\n", to: STDERR_FILENO) }

  /// Writes why the program fails to stderr, in a quiet process too.
  static func complain(_ line: String) {
    let name = quietName.withLock { $0.map { $0 + ": " } ?? "" }
    _ = write("feeder: " + name + tame(line) + "\n", to: STDERR_FILENO)
  }

  /// Redraws the current line of a terminal; does nothing where there is none.
  static func redraw(_ line: String) {
    guard isInteractive, quietName.withLock({ $0 == nil }) else { return }
    _ = write("\r\u{1B}[K" + tame(line), to: STDERR_FILENO)
  }

  /// Draws `lines` over the `height` lines drawn before.
  static func repaint(_ lines: [String], over height: Int) {
    let up = height > 0 ? "\u{1B}[\(height)A" : ""
    _ = write(up + lines.map { "\r\u{1B}[K" + tame($0) + "\n" }.joined() + "\u{1B}[J", to: STDERR_FILENO)
  }

  /// A text with question marks for what a terminal would obey: names of files and classes may be anyone's.
  private static func tame(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control && $0 != "\n" ? "?" : $0 }))
  }

  /// Writes all of `text`; false, with errno, where the system refuses. `FileHandle` would end the program.
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    let bytes = [UInt8](text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// Writes `value` as the one JSON document on stdout, keys in snake_case. Throws where stdout takes no more.
  static func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(value), as: UTF8.self)
    guard write(text + "\n", to: STDOUT_FILENO) else {
      throw CommandError("stdout: cannot be written to (\(String(cString: strerror(errno))))")
    }
  }
}

/// A failure that a command found itself: what, where, and what to do, in one line.
struct CommandError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
