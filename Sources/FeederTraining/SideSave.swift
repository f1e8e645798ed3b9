import FeederTorch
import Foundation

/// A checkpoint from another thread, for a run that is to end and does not come to the end of its step: it waits for a drive or a rank
/// that does not answer, or computes for long.
///
/// Does not keep its run alive. From another thread it asks of the trainer only what locks the run's state.
package final class SideSave: @unchecked Sendable {
  private weak let trainer: Trainer?

  /// For `trainer`.
  package init(_ trainer: Trainer) { self.trainer = trainer }

  /// Writes `last` as the latest whole batch left the run, where that is not in it yet, and calls `leave` before the run goes on. Does
  /// neither where the run is over or about to fail, where it changes its state all the time until `limit`, and where memory does not suffice
  /// beside that of the step: later it may.
  package func callAsFunction(before limit: Date? = nil, leave: () -> Void) throws {
    do {
      try trainer?.saveBesides(before: limit, leave: leave)
    } catch let error as EngineError where error.isOutOfMemory {
      return
    }
  }
}
