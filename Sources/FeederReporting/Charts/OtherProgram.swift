import FeederCore
import Foundation

/// Runs another program and waits for its end. Uses posix_spawn, because Foundation's `Process` sometimes waited
/// forever for a program that had ended.
enum OtherProgram {
  /// How the program ended.
  enum End { case exited(Int32), killed, tooLate, notStarted }

  /// Runs the program at `path` with empty stdin, and with stdout and stderr in files. Kills it after `seconds`.
  static func run(
    _ path: String, _ arguments: [String], environment: [String: String], output: String, errors: String,
    seconds: Double
  ) -> End {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    for (descriptor, file) in [(STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
      posix_spawn_file_actions_addopen(&actions, descriptor, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The program gets the default handling of signals, even if this process ignores or blocks some. In its own process
    // group, a terminal's Ctrl-C does not reach it; this process ends it.
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    posix_spawnattr_setpgroup(&attributes, 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGXFSZ, SIGXCPU, SIGQUIT] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    var child: pid_t = 0
    let failure = withCStrings([path] + arguments) { words in
      withCStrings(environment.map { "\($0)=\($1)" }) { posix_spawn(&child, path, &actions, &attributes, words, $0) }
    }
    guard failure == 0 else { return .notStarted }
    let deadline = ContinuousClock.now + .seconds(seconds)
    var isTooLate = false
    while true {
      var status: Int32 = 0
      let found = waitpid(child, &status, WNOHANG)
      if found == child { return isTooLate ? .tooLate : status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed }
      if found < 0, errno != EINTR { return .killed }
      if !isTooLate, ContinuousClock.now > deadline {
        isTooLate = true
        kill(child, SIGKILL)
      }
      usleep(1000)
    }
  }
}
