import Dispatch
import FeederCore
import FeederTraining
import Foundation
import Synchronization

/// Starts the ranks of one machine: this command again, once for each, with what torchrun would set in their environment. Lives as
/// long as they do, hands signals on, and ends with their status.
package final class RankCrew {
  /// Time that ranks have to leave by themselves after one of them failed, or left as it was asked to; and after rank 0, which writes,
  /// left so.
  private static let patience = Duration.seconds(30)
  private static let patienceAfterSave = Duration.seconds(4)

  private let count: Int
  private var running: [pid_t: Int] = [:]
  /// The ranks that a signal is handed on to, and the signal that came.
  private let listeners = Listeners()

  private final class Listeners: Sendable {
    private let state = Mutex<(ranks: [pid_t], signal: Int32?)>(([], nil))

    func add(_ rank: pid_t) {
      state.withLock { state in
        state.ranks.append(rank)
        if let signal = state.signal { kill(rank, signal) }
      }
    }

    func handOn(_ signal: Int32) {
      state.withLock { state in
        state.signal = signal
        for rank in state.ranks { kill(rank, signal) }
      }
    }
  }
  private var lifeline: (read: Int32, write: Int32) = (-1, -1)

  /// A crew of `count`; `check` is told each place before anything starts, so that bad settings are said once.
  package init(count: Int, check: (RankPlace) throws -> Void) throws {
    self.count = count
    for rank in 0..<count { try check(RankPlace(rank: rank, count: count, localRank: rank, localCount: count)) }
  }

  /// Runs the ranks to their end. Throws the exit status of the first that failed, after a line about it where it said none.
  package func run() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw CommandError("--ranks: no pipe (\(String(cString: strerror(errno))))") }
    lifeline = (ends[0], ends[1])
    _ = fcntl(lifeline.write, F_SETFD, FD_CLOEXEC)
    let port = try Self.freePort()
    StopSignals.set { [listeners] in listeners.handOn($0) }
    defer { StopSignals.set(nil) }
    for rank in 0..<count { try start(rank, port: port) }
    try wait()
  }

  /// A port that nobody used a moment ago.
  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard descriptor >= 0, isBound else {
      throw CommandError("--ranks: no port on loopback (\(String(cString: strerror(errno))))")
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private func start(_ rank: Int, port: Int) throws {
    let own = [
      "RANK": "\(rank)", "WORLD_SIZE": "\(count)", "LOCAL_RANK": "\(rank)", "LOCAL_WORLD_SIZE": "\(count)",
      "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)", "FEEDER_CREW": "\(getpid())",
    ]
    let environment = ProcessInfo.processInfo.environment.merging(own) { $1 }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The ranks see the pipe's end when this process is gone, however it went.
    posix_spawn_file_actions_adddup2(&actions, lifeline.read, STDIN_FILENO)
    if rank > 0 { posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Groups of their own: a terminal's Ctrl-C comes here alone, and is handed on once. A signal that this thread holds back would be
    // held back there as well.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    var child: pid_t = 0
    let status = withCStrings(CommandLine.arguments) { arguments in
      withCStrings(environment.map { "\($0)=\($1)" }) {
        posix_spawn(&child, "/proc/self/exe", &actions, &attributes, arguments, $0)
      }
    }
    guard status == 0 else {
      for other in running.keys { kill(other, SIGKILL) }
      throw CommandError("--ranks \(count): rank \(rank) does not start (\(String(cString: strerror(status))))")
    }
    running[child] = rank
    listeners.add(child)
  }

  private func wait() throws {
    var failure: Int32?
    var end: ContinuousClock.Instant?
    while !running.isEmpty {
      var status: Int32 = 0
      let child = waitpid(-1, &status, end == nil ? 0 : WNOHANG)
      if child > 0, let rank = running.removeValue(forKey: child) {
        let code = Self.exitStatus(status)
        guard code != 0 else { continue }
        if code == 1, status & 0x7F != 0 { Terminal.complain("rank \(rank) was ended by signal \(status & 0x7F)") }
        // Those that fail later fail because of the first.
        failure = failure ?? code
        let patience = rank == 0 && StopSignals.all.contains(code - 128) ? Self.patienceAfterSave : Self.patience
        end = min(end ?? .now + patience, .now + patience)
      } else if child < 0, errno != EINTR {
        break
      } else if let limit = end {
        if ContinuousClock.now > limit {
          for (child, rank) in running {
            Terminal.complain("rank \(rank) does not leave by itself: it is ended")
            kill(child, SIGKILL)
          }
          end = .now + Self.patience
        }
        usleep(20_000)
      }
    }
    if let failure { throw QuietEnd(status: failure) }
  }

  /// A rank's own status; 128 and its number for a signal that asks to stop and ended the rank before it listened, 1 for any other.
  private static func exitStatus(_ status: Int32) -> Int32 {
    let number = status & 0x7F
    if number == 0 { return status >> 8 & 0xFF }
    return StopSignals.all.contains(number) ? 128 + number : 1
  }

  /// For a rank of a crew: ends it as a SIGTERM would, once the crew's first process is gone. Returns what must live on.
  package static func watchCrew() -> (any DispatchSourceRead)? {
    guard ProcessInfo.processInfo.environment["FEEDER_CREW"] != nil else { return nil }
    let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: .global())
    source.setEventHandler {
      source.cancel()
      kill(getpid(), SIGTERM)
    }
    source.resume()
    return source
  }
}
