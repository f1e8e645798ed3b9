import Foundation
import Synchronization

/// Ends a process whose work was asked to stop and does not, such as one that waits for a drive that is gone.
package final class LastResort: Sendable {
  /// What is done `seconds` after the wish to stop, and every second from then on: ends the process, or returns where that is still
  /// the work's own to do.
  package struct Step: Sendable {
    let seconds: Double
    let leave: @Sendable () -> Void

    /// All of it.
    package init(seconds: Double, leave: @escaping @Sendable () -> Void) {
      self.seconds = seconds
      self.leave = leave
    }
  }

  /// Seconds that work and steps may take in all: what they write to may not answer.
  private static let most = 60.0

  private let step = Mutex<Step?>(nil)

  /// Takes the place of the step before; nil: the work ends by itself.
  package func set(_ step: Step?) { self.step.withLock { $0 = step } }

  /// The wish to stop came: `leaveAtLast` is called where nothing has ended the process in a minute.
  func start(leaveAtLast: @escaping @Sendable () -> Void) {
    guard let first = step.withLock({ $0 }) else { return }
    // Threads of their own: whatever hangs may hold all that Dispatch has.
    Thread.detachNewThread { [self] in
      Thread.sleep(forTimeInterval: first.seconds)
      while true {
        step.withLock { $0 }?.leave()
        Thread.sleep(forTimeInterval: 1)
      }
    }
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: Self.most)
      leaveAtLast()
    }
  }
}
