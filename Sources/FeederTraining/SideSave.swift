import Foundation

/// A checkpoint from another thread, for a run that is to end and does not come to the end of its step: it waits for a drive or a rank
/// that does not answer, or computes for long.
///
/// Does not keep its run alive. From another thread it asks of the trainer only what locks the run's state.
package final class SideSave: @unchecked Sendable {
  private weak let trainer: Trainer?

  /// For `trainer`.
  package init(_ trainer: Trainer) { self.trainer = trainer }

  /// Writes `last` as the latest whole batch left the run, where that is not in it yet, and calls `leave` before the run goes on. Calls
  /// it at once where the run is over, and with nothing written where the run changes its state all the time until `limit`.
  package func callAsFunction(before limit: Date? = nil, leave: () -> Void) throws {
    guard let trainer, try trainer.saveBesides(before: limit, leave: leave) else { return leave() }
  }
}
