import FeederTorch
import Foundation

/// Decides when a run's state may be saved, and by which thread.
///
/// The run's thread holds the state from the first step to the last, and saves it between two changes. During
/// `whileUnchanged` it lends the state, and only then may another thread save: if the run must end but its step does
/// not, because a drive or a rank does not answer. Changes and loans never overlap: one inside the other ends the
/// process.
///
/// After the run, the gate keeps no state. Unchecked because the thread that holds `lock` owns every other property.
package final class CheckpointGate: @unchecked Sendable {
  private enum Phase {
    /// There is no run.
    case closed
    /// The run holds its state, which is as after a complete batch.
    case held
    /// The run changes its state, or failed during a change.
    case changing
    /// The run waits or computes; another thread may save.
    case lent
  }

  private let lock = NSLock()
  private var phase = Phase.closed
  private var write: ((_ saved: RunProgress?) throws -> RunProgress?)?
  /// The progress that `last` holds; nil if `last` is no complete checkpoint of this run.
  private var saved: RunProgress?

  /// The gate of a run whose `last` holds `saved`.
  init(saved: RunProgress? = nil) { self.saved = saved }

  /// Runs `body`, which may call the other three methods. `write` gets the progress that was saved last, writes the
  /// run's state if it is newer, and returns the progress that is saved then.
  func run<R>(writing write: @escaping (_ saved: RunProgress?) throws -> RunProgress?, _ body: () throws -> R) rethrows
    -> R
  {
    lock.lock()
    precondition(phase == .closed, "a run begins only when there is no other")
    (phase, self.write) = (.held, write)
    defer {
      (phase, self.write) = (.closed, nil)
      lock.unlock()
    }
    return try body()
  }

  /// Runs `body`, which changes the state. If it throws, the state is incomplete and is never saved again. Throws what
  /// `body` throws.
  func change<R>(_ body: () throws -> R) rethrows -> R {
    precondition(phase == .held, "a change begins from a complete state that the run holds")
    phase = .changing
    let result = try body()
    phase = .held
    return result
  }

  /// Runs `body`, which changes nothing that a checkpoint holds. Meanwhile another thread may save. Throws what `body`
  /// throws.
  func whileUnchanged<R: ~Copyable>(_ body: () throws -> R) rethrows -> R {
    precondition(phase == .held, "only a complete state is lent")
    phase = .lent
    lock.unlock()
    defer {
      lock.lock()
      phase = .held
    }
    return try body()
  }

  /// Saves from the run's own thread. Throws what `write` throws.
  func save() throws {
    precondition(phase == .held, "only a complete state is saved")
    try store()
  }

  /// Saves from another thread, then calls `leave` before the run can continue. Does nothing if the run has ended or
  /// failed, if it does not lend its state before `limit`, or if memory runs out; a later call may succeed. Throws what
  /// `write` throws.
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
