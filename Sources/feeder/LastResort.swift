import Foundation
import Synchronization

/// Ends a process whose work was asked to stop and does not, such as one that waits for a drive that is gone.
final class LastResort: Sendable {
  private let leave = Mutex<(@Sendable () -> Void)?>(nil)
  private let seconds = Mutex(0.0)

  /// Calls `leave`, which does not return, on a thread of its own, `seconds` after the wish to stop; the latest that was given counts.
  func set(after seconds: Double, _ leave: @escaping @Sendable () -> Void) {
    self.seconds.withLock { $0 = seconds }
    self.leave.withLock { $0 = leave }
  }

  /// The wish to stop came.
  func start() {
    // A thread of its own: whatever hangs may hold all that Dispatch has.
    Thread.detachNewThread { [self] in
      Thread.sleep(forTimeInterval: seconds.withLock { $0 })
      leave.withLock { $0 }?()
    }
  }
}
