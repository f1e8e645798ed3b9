import FeederCore
import Foundation
import Synchronization

/// Output of a command: results and JSON on stdout, everything else on stderr.
///
/// Text that stderr does not accept is dropped. Only a failed write to stdout makes the command fail.
package enum Terminal {
  /// True if stderr is a terminal, so that a line can be redrawn in place.
  package static let isInteractive = isatty(STDERR_FILENO) == 1

  /// Opens /dev/null for each standard stream that the caller closed. Otherwise the next opened file would get its
  /// number, and messages would be written into that file.
  package static func claimStandardStreams() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Name of a process that prints only failures, such as "rank 1"; nil for a process that prints everything.
  package static let quietName = Mutex<String?>(nil)

  // MARK: - Messages

  /// The text of an error. Settings errors name flags.
  package static func words(_ error: any Error) -> String { SettingLine(error).flags }

  /// Writes a line to stderr, unless the process is quiet.
  package static func say(_ line: String) {
    if quietName.withLock({ $0 == nil }) { _ = write(tame(line) + "\n", to: STDERR_FILENO) }
  }

  /// Writes a line to stderr; settings are flags in it.
  package static func say(_ line: SettingLine) { say(line.flags) }

  /// Writes a text of several lines to stderr.
  package static func sayLines(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) { say(String(line)) }
  }

  /// Writes a line to stderr, even in a quiet process.
  static func report(_ line: String) { _ = write(tame(line) + "\n", to: STDERR_FILENO) }

  /// Writes why the program fails to stderr, even in a quiet process.
  package static func complain(_ line: String) {
    let name = quietName.withLock { $0.map { $0 + ": " } ?? "" }
    _ = write("feeder: " + name + tame(line) + "\n", to: STDERR_FILENO)
  }

  /// Redraws the current line of a terminal; `isLast` ends it. Does nothing if stderr is not a terminal.
  static func redraw(_ line: String, isLast: Bool = false) {
    guard isInteractive, quietName.withLock({ $0 == nil }) else { return }
    _ = write("\r\u{1B}[K" + tame(line) + (isLast ? "\n" : ""), to: STDERR_FILENO)
  }

  /// Draws `lines` over the `height` lines drawn before.
  package static func repaint(_ lines: [String], over height: Int) {
    let up = height > 0 ? "\u{1B}[\(height)A" : ""
    _ = write(up + lines.map { "\r\u{1B}[K" + tame($0) + "\n" }.joined() + "\u{1B}[J", to: STDERR_FILENO)
  }

  // MARK: - Results

  /// True if an option names stdout as its file. Results for people then go to stderr.
  package static let isOutputTaken = Mutex(false)

  /// Writes lines to stdout. Throws `QuietEnd` if the reader is gone, else `CommandError` if the write fails.
  package static func print(_ lines: [String]) throws {
    guard !isOutputTaken.withLock({ $0 }) else { return lines.forEach(say) }
    try deliver(lines.map { tame($0) + "\n" }.joined())
  }

  /// Prints a command's results. Without `json` the `lines` go to stdout. With `json` stdout holds only `document`, and
  /// the lines go to stderr. A quiet process prints nothing. Throws as `print` does.
  package static func show(_ lines: [String], json: Bool, _ document: @autoclosure () throws -> some Encodable) throws {
    guard quietName.withLock({ $0 == nil }) else { return }
    guard json else { return try print(lines) }
    lines.forEach(say)
    try printJSON(document())
  }

  /// Writes `value` as the only JSON document on stdout, with keys in snake_case. Throws as `print` does.
  package static func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try deliver(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
  }

  private static func deliver(_ text: String) throws {
    guard !write(text, to: STDOUT_FILENO) else { return }
    // A closed pipe is normal, as in `feeder ... | head`.
    if errno == EPIPE { throw QuietEnd(status: 1) }
    if errno == EAGAIN { throw QuietEnd(status: StopSignals.exitStatus) }
    throw CommandError("stdout: cannot be written to (\(String(cString: strerror(errno))))")
  }

  // MARK: - Writing

  /// Replaces control characters and line ends by question marks, because names may hold terminal commands.
  private static func tame(_ line: String) -> String {
    String(
      String.UnicodeScalarView(
        line.unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .lineSeparator, .paragraphSeparator: "?"
          default: scalar
          }
        }))
  }

  /// A pipe that poll calls writable accepts this many bytes without waiting (PIPE_BUF).
  private static let pieceByteCount = 4096

  /// Writes all of `text`; false, with errno set, if the system refuses. `FileHandle` would end the program.
  ///
  /// Waits for a slow reader, but not after the process was cancelled: a paused terminal (Ctrl-S) or a dead connection
  /// must not keep a run from its last checkpoint.
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    let bytes = [UInt8](text.utf8)
    var done = 0
    while done < bytes.count {
      var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&ready, 1, 300) == 0 {
        guard StopSignals.isStopAsked else { continue }
        errno = EAGAIN
        return false
      }
      let end = min(done + pieceByteCount, bytes.count)
      let count = bytes[done..<end].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}

/// Ends a command with an exit status and no message.
package struct QuietEnd: Error {
  /// The exit status of the process.
  package let status: Int32

  /// An end with exit status `status`.
  package init(status: Int32) { self.status = status }
}

/// A failure that a command itself found. The description is one line: the place, the fault, and the remedy.
package struct CommandError: Error, CustomStringConvertible {
  /// The line.
  package let description: String

  /// A failure with this line.
  package init(_ description: String) { self.description = description }
}
