import Foundation
import Synchronization

/// Ends a process whose work was cancelled but does not stop, for example because it waits for a drive that is gone.
package final class LastResort: Sendable {
  /// How to end the process. `leave` runs `seconds` after the cancel and then every second. It ends the process, or
  /// returns if the work should still end by itself.
  package struct Step: Sendable {
    let seconds: Double
    let leave: @Sendable () -> Void

    /// A step that runs `leave` after `seconds`.
    package init(seconds: Double, leave: @escaping @Sendable () -> Void) {
      self.seconds = seconds
      self.leave = leave
    }
  }

  /// Most seconds after the cancel until the process ends: even `leave` may hang on a drive.
  private static let most = 60.0

  private let step = Mutex<Step?>(nil)

  /// Replaces the current step. Nil: the work ends by itself.
  package func set(_ step: Step?) { self.step.withLock { $0 = step } }

  /// Called when the run is cancelled. `leaveAtLast` runs if the process has not ended a minute later.
  func start(leaveAtLast: @escaping @Sendable () -> Void) {
    guard let first = step.withLock({ $0 }) else { return }
    // Own threads, because blocked work may occupy all of Dispatch's.
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
