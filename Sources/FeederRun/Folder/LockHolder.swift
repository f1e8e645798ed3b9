import FeederCore
import Foundation

/// The process that holds a lock file, as written in the file.
struct LockHolder: Sendable, Equatable {
  /// Whether the holder still lives, as far as this process can see.
  enum Life: Equatable {
    case lives, isGone
    /// It runs on another machine, or in another container: only its heartbeat can show that it lives.
    case cannotBeSeen
  }

  /// Name of the machine, for people.
  let host: String
  /// Identifies the machine's boot and its namespace of process ids. Ids can be compared only if this is equal.
  let machine: String
  let pid: Int32
  /// Start of the process in clock ticks since boot; nil if the system does not say. It differs for a later process
  /// with the same id.
  let start: UInt64?
  /// When the lock was taken, for people.
  let since: String
  /// Random number that identifies this lock.
  let token: String

  static let title = "feeder lock 1"
  /// Digits of the heartbeat's counter, which ends the text.
  private static let beatDigits = 12

  /// This process as the holder of a new lock.
  init() {
    host = ProcessInfo.processInfo.hostName
    machine = Self.machine
    pid = getpid()
    start = Self.start(of: getpid())?.start
    since = Date().formatted(.iso8601.dateTimeSeparator(.space)).replacing("Z", with: " UTC")
    token = String(UInt64.random(in: .min ... .max), radix: 16)
  }

  /// Parses the text of a lock file; nil if it is not a whole lock file.
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

  /// The text of the lock file after `beat` heartbeats. Its length is always the same.
  func text(beat: Int) -> String {
    let digits = String(beat)
    let zeros = String(repeating: "0", count: max(Self.beatDigits - digits.count, 0))
    return [
      Self.title, "host \(host)", "machine \(machine)", "process \(pid)", "start \(start.map { "\($0)" } ?? "unknown")",
      "since \(since)", "token \(token)", "beat \(zeros + digits)", "",
    ].joined(separator: "\n")
  }

  /// The holder, for messages.
  var words: String { "process \(pid) on \(host), since \(since)" }

  /// Whether the holder still lives.
  var life: Life {
    guard machine == Self.machine else { return .cannotBeSeen }
    // EPERM: the process exists, but belongs to another user.
    guard kill(pid, 0) == 0 || errno == EPERM else { return .isGone }
    guard let now = Self.start(of: pid) else { return .lives }
    return now.isEnded || (start != nil && start != now.start) ? .isGone : .lives
  }

  private static let machine: String = {
    let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
    let ids = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
    return (boot.filter { !$0.isWhitespace } + "/" + ids)
  }()

  /// When a process started, and whether it has ended but was not yet waited for. Nil if the system does not say.
  private static func start(of pid: Int32) -> (start: UInt64, isEnded: Bool)? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let name = text.lastIndex(of: ")")
    else { return nil }
    // The process name in parentheses may contain anything. After it, field 1 is the state and field 20 the start.
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 19, let start = UInt64(fields[19]) else { return nil }
    return (start, ["Z", "X"].contains(fields[0]))
  }
}
