import FeederCore
import Foundation
import Synchronization

/// What a command says: results and JSON on stdout, everything else on stderr.
///
/// A reader that leaves costs a command nothing: what stderr does not take is dropped. Only output that was asked for fails the command.
package enum Terminal {
  /// True where stderr is a terminal, so that a line may be redrawn in place.
  package static let isInteractive = isatty(STDERR_FILENO) == 1

  /// Opens /dev/null in the place of a standard stream that the caller closed: the next file opened would take its number,
  /// and messages would be written into it.
  package static func claimStandardStreams() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// The name of a process that only speaks where something is wrong, as "rank 1"; nil for one that tells everything.
  package static let quietName = Mutex<String?>(nil)

  // MARK: - Messages

  /// The line of an error; settings are flags in it.
  package static func words(_ error: any Error) -> String { SettingLine(error).flags }

  /// Writes a line to stderr.
  package static func say(_ line: String) {
    if quietName.withLock({ $0 == nil }) { _ = write(tame(line) + "\n", to: STDERR_FILENO) }
  }

  /// Writes a line to stderr; settings are flags in it.
  package static func say(_ line: SettingLine) { say(line.flags) }

  /// Writes a text of several lines to stderr.
  package static func sayLines(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) { say(String(line)) }
  }

  /// Writes a line to stderr that matters in a quiet process too.
  static func report(_ line: String) { _ = write(tame(line) + "\n", to: STDERR_FILENO) }

  /// Writes why the program fails to stderr, in a quiet process too.
  package static func complain(_ line: String) {
    let name = quietName.withLock { $0.map { $0 + ": " } ?? "" }
    _ = write("feeder: " + name + tame(line) + "\n", to: STDERR_FILENO)
  }

  /// Redraws the current line of a terminal, and ends it with the `isLast` state; does nothing where there is no terminal.
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

  /// True once an option names stdout as its file: results for people then go to stderr.
  package static let isOutputTaken = Mutex(false)

  /// Writes lines to stdout. Throws if it takes no more: the exit status alone if its reader is gone, else a line.
  package static func print(_ lines: [String]) throws {
    guard !isOutputTaken.withLock({ $0 }) else { return lines.forEach(say) }
    try deliver(lines.map { tame($0) + "\n" }.joined())
  }

  /// Gives the user what a command found. Without `json` the `lines` go to stdout. With `json` stdout holds `document` and nothing
  /// else, and the lines go to stderr. A quiet process gives nothing. Throws as `print` does.
  package static func show(_ lines: [String], json: Bool, _ document: @autoclosure () throws -> some Encodable) throws {
    guard quietName.withLock({ $0 == nil }) else { return }
    guard json else { return try print(lines) }
    lines.forEach(say)
    try printJSON(document())
  }

  /// Writes `value` as the one JSON document on stdout, keys in snake_case. Throws as `print` does.
  package static func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try deliver(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
  }

  private static func deliver(_ text: String) throws {
    guard !write(text, to: STDOUT_FILENO) else { return }
    // `feeder ... | head` is no fault to tell of.
    if errno == EPIPE { throw QuietEnd(status: 1) }
    if errno == EAGAIN { throw QuietEnd(status: StopSignals.exitStatus) }
    throw CommandError("stdout: cannot be written to (\(String(cString: strerror(errno))))")
  }

  // MARK: - Writing

  /// A line with question marks for what a terminal would obey, and for what would end the line: names of files and classes may be
  /// anyone's.
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

  /// The most bytes that a pipe with room takes at once.
  private static let pieceByteCount = 4096

  /// Writes all of `text`; false, with errno, where the system refuses. `FileHandle` would end the program.
  ///
  /// Waits for a reader that is slow, and gives up on it once the process is asked to stop: a terminal that is held (Ctrl-S) or a
  /// connection that is gone must not keep a run from its last checkpoint.
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

/// The end of a command that has nothing left to say: the exit status alone.
package struct QuietEnd: Error {
  /// The exit status of the process.
  package let status: Int32

  /// An end with `status`.
  package init(status: Int32) { self.status = status }
}

/// A failure that a command found itself: what, where, and what to do, in one line.
package struct CommandError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
