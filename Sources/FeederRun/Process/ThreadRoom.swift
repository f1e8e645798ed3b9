import CLimits
import FeederTraining
import Foundation

/// Checks that the process may start the threads that a command needs. If the system refuses a thread, Dispatch waits
/// forever and libgomp aborts the process.
package enum ThreadRoom {
  /// Threads of a command without the engine: one per core, plus those for signals and watching.
  private static var commandCount: Int { ProcessInfo.processInfo.activeProcessorCount + 4 }

  /// Throws `CommandError` if the process's limits allow fewer threads than every command needs.
  package static func check() throws { try check(commandCount) }

  /// The same for a training run. The engine has two teams of threads and, beside busy processes, briefly a third.
  /// Throws `CommandError`.
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
