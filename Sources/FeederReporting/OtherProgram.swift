import FeederCore
import Foundation

/// Runs another program to its end, with posix_spawn: Foundation's `Process` was seen waiting for ever for one that was gone.
enum OtherProgram {
  /// How a run ended.
  enum End { case exited(Int32), killed, tooLate, notStarted }

  /// Runs the program at `path` with nothing on stdin, stdout and stderr in files; kills it after `seconds`.
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
    var child: pid_t = 0
    let failure = withCStrings([path] + arguments) { words in
      withCStrings(environment.map { "\($0)=\($1)" }) { posix_spawn(&child, path, &actions, nil, words, $0) }
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
