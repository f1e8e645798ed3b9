import FeederTorch
import Foundation

/// Says when a checkpoint may be written of a run, and by whom.
///
/// The run holds its state from its first step to its last, and saves it between two changes. It lends the state `whileUnchanged`, and
/// only then may another thread save: for a run that has to end and does not finish its step, because a drive or a rank does
/// not answer. A change and a loan never overlap: either inside the other ends the process.
///
/// Keeps nothing of a run that is over. Every property but `lock` belongs to whoever holds `lock`.
package final class CheckpointGate: @unchecked Sendable {
  private enum Phase {
    /// No run goes on.
    case closed
    /// The run holds its state, and the state is as after a whole batch.
    case held
    /// The run changes its state, or failed while it did.
    case changing
    /// The run waits or computes, and another thread may save.
    case lent
  }

  private let lock = NSLock()
  private var phase = Phase.closed
  private var write: ((_ saved: RunProgress?) throws -> RunProgress?)?
  /// What `last` holds; nil if it is no whole checkpoint of this run.
  private var saved: RunProgress?

  /// The gate of a run whose `last` holds `saved`.
  init(saved: RunProgress? = nil) { self.saved = saved }

  /// Runs `body`, which may call the other three. `write` writes the run's state, unless that was `saved` last, and returns what is saved
  /// then.
  func run<R>(writing write: @escaping (_ saved: RunProgress?) throws -> RunProgress?, _ body: () throws -> R) rethrows
    -> R
  {
    lock.lock()
    precondition(phase == .closed, "a run begins when none goes on")
    (phase, self.write) = (.held, write)
    defer {
      (phase, self.write) = (.closed, nil)
      lock.unlock()
    }
    return try body()
  }

  /// Runs `body`, which changes the state. If it throws, the state belongs to no whole batch, and nobody saves it any more.
  func change<R>(_ body: () throws -> R) rethrows -> R {
    precondition(phase == .held, "a change begins from a whole state that the run holds")
    phase = .changing
    let result = try body()
    phase = .held
    return result
  }

  /// Runs `body`, which changes nothing that a checkpoint holds; another thread may save meanwhile.
  func whileUnchanged<R: ~Copyable>(_ body: () throws -> R) rethrows -> R {
    precondition(phase == .held, "a state is lent whole")
    phase = .lent
    lock.unlock()
    defer {
      lock.lock()
      phase = .held
    }
    return try body()
  }

  /// Saves for the run itself.
  func save() throws {
    precondition(phase == .held, "a state is saved whole")
    try store()
  }

  /// Saves from another thread, and calls `leave` before the run goes on. Does neither if the run is over or about to fail, if it does not
  /// lend its state before `limit`, or if memory does not suffice beside the step: later it may.
  package func save(before limit: Date? = nil, leave: () -> Void) throws {
    if let limit { guard lock.lock(before: limit) else { return } } else { lock.lock() }
    defer { lock.unlock() }
    guard phase == .lent else { return }
    do {
      try store()
    } catch let error as EngineError where error.isOutOfMemory {
      return
    }
    leave()
  }

  private func store() throws { if let write { saved = try write(saved) } }
}
