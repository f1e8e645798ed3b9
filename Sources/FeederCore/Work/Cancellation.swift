import Synchronization

/// A flag that any thread may set to stop work (Ctrl-C). The work reads it between items.
package final class Cancellation: Sendable {
  private let isSet = Atomic(false)

  /// A flag that is not set.
  package init() {}

  /// Sets the flag: the work stops after the present items.
  package func cancel() { isSet.store(true, ordering: .relaxed) }

  /// True once the flag is set.
  package var isCancelled: Bool { isSet.load(ordering: .relaxed) }
}
