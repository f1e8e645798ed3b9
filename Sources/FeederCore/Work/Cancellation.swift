import Synchronization

/// A flag that any thread sets to stop work (Ctrl-C), and that the work reads between its items.
package final class Cancellation: Sendable {
  private let isSet = Atomic(false)

  /// Not set.
  package init() {}

  /// Asks the work to stop after the items in hand.
  package func cancel() { isSet.store(true, ordering: .relaxed) }

  /// True once it is set.
  package var isCancelled: Bool { isSet.load(ordering: .relaxed) }
}
