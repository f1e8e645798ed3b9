import FeederCore
import FeederFiles
import Foundation

/// Turns stop signals into a flag. Work checks the flag between its items, so that it can clean up.
package final class Interruption {
  /// The flag that work checks between its items.
  package let cancellation = Cancellation()
  /// Ends the process if the work does not stop in time. Has no step at first.
  package let lastResort = LastResort()

  /// Handles stop signals from now until the value is released.
  package init() {
    StopSignals.set { [cancellation, lastResort] number in
      cancellation.cancel()
      lastResort.start {
        Terminal.complain(
          "a minute after signal \(number) the work has not ended: exiting without it; files written before are kept")
        UnfinishedFiles.leave(Self.exitStatus)
      }
    }
  }

  /// Exit status of a command that was cancelled.
  package static var exitStatus: Int32 { StopSignals.exitStatus }

  deinit { StopSignals.set(nil) }
}
