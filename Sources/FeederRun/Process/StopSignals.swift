import Dispatch
import FeederFiles
import Foundation
import Synchronization

/// The signals that ask this process to stop: Ctrl-C (SIGINT), Ctrl-\ (SIGQUIT), SIGTERM, SIGHUP from a terminal that is gone, and SIGXCPU
/// at the limit of CPU time.
///
/// A command that has something to finish answers them while it lives (`Interruption`, `RankCrew`); without an answer the process
/// leaves at once.
package enum StopSignals {
  private static let received = Atomic<Int32>(0)
  private static let answer = Mutex<(@Sendable (Int32) -> Void)?>(nil)
  private static let first = Mutex<ContinuousClock.Instant?>(nil)
  /// A serial queue has a thread even while all of Dispatch's common threads compute or wait.
  private static let queue = DispatchQueue(label: "feeder.signals")

  /// A second signal within this time belongs to the first: `timeout` and a closing terminal send two at once.
  private static let patience = Duration.milliseconds(500)

  /// Listens for as long as what it returns lives. Also ignores the signals of a pipe without a reader (SIGPIPE) and of a file at its size limit (SIGXFSZ):
  /// the write fails, and the code that writes decides what that costs.
  package static func listen() -> [any DispatchSourceSignal] {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let seconds = cpuLimit
    // Under nohup SIGHUP is ignored, and stays so.
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
        } else if number != SIGHUP, number != SIGXCPU, now - begun > patience {  // SIGXCPU comes again each second
          UnfinishedFiles.leave(exitStatus)
        }
      }
      source.resume()
      return source
    }
  }

  /// All of them.
  static let all = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU]

  /// In words; the system raises it by a second at each signal.
  private static var cpuLimit: String {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max) else {
      return ""
    }
    return " (\(limit.rlim_cur) s)"
  }

  /// Takes the place of the answer before; nil: the process leaves at once.
  static func set(_ answer: (@Sendable (Int32) -> Void)?) {
    self.answer.withLock { $0 = answer }
  }

  /// True once such a signal came.
  static var isStopAsked: Bool { received.load(ordering: .relaxed) != 0 }

  /// Exit status of a command that was asked to stop: 130 after Ctrl-C, 131 after SIGQUIT, 143 after SIGTERM, 129 after SIGHUP; 1 at the
  /// limit of CPU time, as at other limits.
  static var exitStatus: Int32 {
    let number = received.load(ordering: .relaxed)
    return number == SIGXCPU ? 1 : 128 + (number == 0 ? SIGINT : number)
  }

  private static func leave(_: Int32) {
    UnfinishedFiles.leave(exitStatus) { count in
      Terminal.complain("interrupted" + (count > 0 ? "; what was unfinished is removed" : ""))
    }
  }

  /// True where the kernel drops the signal: its bit is set in a line of this process's status.
  private static func isIgnored(_ number: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return false }
    let line = text.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }
    let mask = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
    return mask & 1 << (number - 1) != 0
  }
}
