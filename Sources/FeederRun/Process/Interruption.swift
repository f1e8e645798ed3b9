import FeederCore
import FeederFiles
import Foundation

/// Turns the signals that ask a process to stop into a question that work asks between its items, so that it can clean up behind itself.
package final class Interruption {
  /// What the work asks between its items.
  package let cancellation = Cancellation()
  /// What ends the process where the work does not; nothing by default.
  package let lastResort = LastResort()

  /// Answers from now on, for as long as the value lives.
  package init() {
    StopSignals.set { [cancellation, lastResort] number in
      cancellation.cancel()
      lastResort.start {
        Terminal.complain(
          "a minute after signal \(number) something does not end: left as it is, and what was written before stays")
        UnfinishedFiles.leave(Self.exitStatus)
      }
    }
  }

  /// Exit status of a command that was asked to stop.
  package static var exitStatus: Int32 { StopSignals.exitStatus }

  deinit { StopSignals.set(nil) }
}
