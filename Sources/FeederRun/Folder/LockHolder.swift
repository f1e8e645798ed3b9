import FeederCore
import Foundation

/// The process that holds a lock file, as the file says it.
struct LockHolder: Sendable, Equatable {
  /// If the holder still lives, as far as can be seen from here.
  enum Life: Equatable {
    case lives, isGone
    /// It runs on another machine: only its heartbeat can show.
    case cannotBeSeen
  }

  /// Name of the machine, for people.
  let host: String
  /// Within one such text, process ids mean the same: it names the boot of the machine and the namespace of ids.
  let machine: String
  let pid: Int32
  /// When the process began, in clock ticks since the boot; nil if the system does not say. A later process may get the same id.
  let start: UInt64?
  /// When the lock was taken, for people.
  let since: String
  /// Sets this lock apart from every other one.
  let token: String

  static let title = "feeder lock 1"
  /// Digits of the heartbeat's counter, which ends the text.
  private static let beatDigits = 12

  /// This process, as holder of a new lock.
  init() {
    host = ProcessInfo.processInfo.hostName
    machine = Self.machine
    pid = getpid()
    start = Self.start(of: getpid())?.start
    since = Date().formatted(.iso8601.dateTimeSeparator(.space)).replacing("Z", with: " UTC")
    token = String(UInt64.random(in: .min ... .max), radix: 16)
  }

  /// Reads the text of a lock file; nil if it is none, or not whole.
  init?(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    func value(_ line: Int, _ name: String) -> String? {
      lines[line].hasPrefix(name + " ") ? String(lines[line].dropFirst(name.count + 1)) : nil
    }
    guard lines.count == 9, lines[0] == Self.title, let host = value(1, "host"), let machine = value(2, "machine"),
      let pid = value(3, "process").flatMap({ Int32($0) }), pid > 0, let start = value(4, "start"),
      let since = value(5, "since"), let token = value(6, "token"), value(7, "beat") != nil
    else { return nil }
    (self.host, self.machine, self.pid, self.start) = (host, machine, pid, UInt64(start))
    (self.since, self.token) = (since, token)
  }

  /// The text of the lock file after so many heartbeats; all have one length.
  func text(beat: Int) -> String {
    let digits = String(beat)
    let zeros = String(repeating: "0", count: max(Self.beatDigits - digits.count, 0))
    return [
      Self.title, "host \(host)", "machine \(machine)", "process \(pid)", "start \(start.map { "\($0)" } ?? "unknown")",
      "since \(since)", "token \(token)", "beat \(zeros + digits)", "",
    ].joined(separator: "\n")
  }

  /// The holder in words.
  var words: String { "process \(pid) on \(host), since \(since)" }

  /// If the holder still lives.
  var life: Life {
    guard machine == Self.machine else { return .cannotBeSeen }
    // A process of another user exists, but may not be signalled.
    guard kill(pid, 0) == 0 || errno == EPERM else { return .isGone }
    guard let now = Self.start(of: pid) else { return .lives }
    return now.isEnded || (start != nil && start != now.start) ? .isGone : .lives
  }

  private static let machine: String = {
    let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
    let ids = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
    return (boot.filter { !$0.isWhitespace } + "/" + ids)
  }()

  /// When a process began, and whether it has ended and only waits for its parent to notice. Nil if the system does not say.
  private static func start(of pid: Int32) -> (start: UInt64, isEnded: Bool)? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let name = text.lastIndex(of: ")")
    else { return nil }
    // The name before may hold anything. Behind it the state is the third field of all, and the start the 22nd.
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 19, let start = UInt64(fields[19]) else { return nil }
    return (start, ["Z", "X"].contains(fields[0]))
  }
}
