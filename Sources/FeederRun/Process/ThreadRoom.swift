import CLimits
import FeederTraining
import Foundation

/// Whether the process may start the threads that a command needs. Dispatch waits without end for a thread that the system refuses, and
/// libgomp ends the process.
package enum ThreadRoom {
  /// Threads of a command that runs no engine: one per core, and those that watch and take signals.
  private static var commandCount: Int { ProcessInfo.processInfo.activeProcessorCount + 4 }

  /// Throws `CommandError` if the process's limits allow fewer threads than any command may start.
  package static func check() throws { try check(commandCount) }

  /// The same for a training run: the engine has two teams, and one more for a while beside other processes.
  package static func check(_ settings: RunPlan) throws {
    try check(2 * settings.engineThreads + (settings.workers ?? 1) + commandCount)
  }

  private static func check(_ needed: Int) throws {
    let found = Int(feeder_startable_threads(Int32(clamping: needed)))
    guard found < needed else { return }
    throw CommandError(
      "this process may start \(found) threads, and Feeder needs \(needed): raise the limit of address space (ulimit -v), "
        + "of processes (ulimit -u) or of the control group's pids")
  }
}
