import Dispatch
import FeederCore
import FeederTraining
import Foundation
import Synchronization

/// Starts the ranks of one machine: this command again, once per rank, with the environment variables that torchrun
/// would set. Waits for them, passes signals on, and ends with their status.
package final class RankCrew {
  /// Time for the other ranks to leave after one failed or was cancelled. It is shorter after rank 0 was cancelled,
  /// because only rank 0 writes.
  private static let patience = Duration.seconds(30)
  private static let patienceAfterSave = Duration.seconds(4)

  private let count: Int
  private var running: [pid_t: Int] = [:]
  /// Passes signals on to the ranks, also to ranks that start after the signal.
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

  /// A crew of `count` ranks. Calls `check` for each rank before any starts, so that bad settings are reported once.
  /// Throws what `check` throws.
  package init(count: Int, check: (RankPlace) throws -> Void) throws {
    self.count = count
    for rank in 0..<count { try check(RankPlace(rank: rank, count: count, localRank: rank, localCount: count)) }
  }

  /// Starts the ranks and waits for all of them. Throws `QuietEnd` with the status of the first rank that failed, and
  /// `CommandError` if a rank cannot be started.
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

  /// A port of the loopback address that is free now. Throws `CommandError` if there is none.
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
    // The ranks read the pipe as stdin and see its end when this process is gone, even if it was killed.
    posix_spawn_file_actions_adddup2(&actions, lifeline.read, STDIN_FILENO)
    if rank > 0 { posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Own process groups, so that a terminal's Ctrl-C reaches only this process, which passes it on once. An empty
    // signal mask, because ranks would inherit the signals that this thread blocks.
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
        // Later failures follow from the first one.
        failure = failure ?? code
        let patience = rank == 0 && StopSignals.all.contains(code - 128) ? Self.patienceAfterSave : Self.patience
        end = min(end ?? .now + patience, .now + patience)
      } else if child < 0, errno != EINTR {
        break
      } else if let limit = end {
        if ContinuousClock.now > limit {
          for (child, rank) in running {
            Terminal.complain("rank \(rank) does not exit: it is killed")
            kill(child, SIGKILL)
          }
          end = .now + Self.patience
        }
        usleep(20_000)
      }
    }
    if let failure { throw QuietEnd(status: failure) }
  }

  /// The exit status of a rank. If a signal killed it: 128 plus the number of a stop signal, 1 for any other.
  private static func exitStatus(_ status: Int32) -> Int32 {
    let number = status & 0x7F
    if number == 0 { return status >> 8 & 0xFF }
    return StopSignals.all.contains(number) ? 128 + number : 1
  }

  /// In a rank of a crew, ends the rank as SIGTERM would when the crew's process is gone. The caller keeps the result
  /// alive. Nil outside of a crew.
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
