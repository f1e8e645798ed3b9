import Synchronization

/// A wish to stop, set from any thread (Ctrl-C) and asked between items of work.
package final class Cancellation: Sendable {
  private let wished = Atomic(false)

  /// Nobody wishes to stop yet.
  package init() {}

  /// Asks the work to stop after the items in hand.
  package func cancel() { wished.store(true, ordering: .relaxed) }

  /// True once somebody asked to stop.
  package var isCancelled: Bool { wished.load(ordering: .relaxed) }

  /// Throws `DatasetError.cancelled` once somebody asked to stop.
  package func check() throws {
    if wished.load(ordering: .relaxed) { throw DatasetError.cancelled }
  }
}
