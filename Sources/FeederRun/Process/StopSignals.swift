import Dispatch
import FeederFiles
import Foundation
import Synchronization

/// The signals that ask this process to stop: Ctrl-C (SIGINT), Ctrl-\ (SIGQUIT), SIGTERM, SIGHUP when the terminal
/// closes, and SIGXCPU at the limit of CPU time.
///
/// A command with something to finish sets a handler (`Interruption`, `RankCrew`). Without one the process exits at
/// once.
package enum StopSignals {
  private static let received = Atomic<Int32>(0)
  private static let answer = Mutex<(@Sendable (Int32) -> Void)?>(nil)
  private static let first = Mutex<ContinuousClock.Instant?>(nil)
  /// A serial queue has its own thread even if all of Dispatch's shared threads are busy.
  private static let queue = DispatchQueue(label: "feeder.signals")

  /// A second signal within this time counts as part of the first: `timeout` and a closing terminal send two at once.
  private static let patience = Duration.milliseconds(500)

  /// Listens until the returned sources are released. Also ignores SIGPIPE (a pipe without a reader) and SIGXFSZ (a
  /// file at its size limit): the write then fails, and the code that writes handles the error.
  package static func listen() -> [any DispatchSourceSignal] {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let seconds = cpuLimit
    // nohup ignores SIGHUP, so it stays ignored.
    return all.filter { $0 != SIGHUP || !isIgnored($0) }.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        let isFirst = received.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
        let now = ContinuousClock.now
        let begun = first.withLock { begun in
          begun = begun ?? now
          return begun ?? now
        }
        if isFirst {
          if number == SIGXCPU {
            Terminal.complain("the limit of CPU time is reached\(seconds): raise it with ulimit -t")
          }
          (answer.withLock { $0 } ?? leave)(number)
        } else if number != SIGHUP, number != SIGXCPU, now - begun > patience {  // SIGXCPU repeats each second
          UnfinishedFiles.leave(exitStatus)
        }
      }
      source.resume()
      return source
    }
  }

  /// All stop signals.
  static let all = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU]

  /// The limit of CPU time for messages, or empty. The system raises the soft limit by a second per SIGXCPU.
  private static var cpuLimit: String {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max) else {
      return ""
    }
    return " (\(limit.rlim_cur) s)"
  }

  /// Replaces the handler. Nil: the process leaves at once.
  static func set(_ answer: (@Sendable (Int32) -> Void)?) {
    self.answer.withLock { $0 = answer }
  }

  /// True if a stop signal arrived.
  static var isStopAsked: Bool { received.load(ordering: .relaxed) != 0 }

  /// Exit status of a cancelled command: 130 after SIGINT, 131 after SIGQUIT, 143 after SIGTERM, 129 after SIGHUP. 1
  /// after SIGXCPU, as for other limits.
  static var exitStatus: Int32 {
    let number = received.load(ordering: .relaxed)
    return number == SIGXCPU ? 1 : 128 + (number == 0 ? SIGINT : number)
  }

  private static func leave(_: Int32) {
    UnfinishedFiles.leave(exitStatus) { count in
      Terminal.complain("interrupted" + (count > 0 ? "; unfinished files are removed" : ""))
    }
  }

  /// True if the process ignores the signal, according to /proc/self/status.
  private static func isIgnored(_ number: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return false }
    let line = text.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }
    let mask = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
    return mask & 1 << (number - 1) != 0
  }
}
