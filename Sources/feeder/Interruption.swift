import Dispatch
import FeederDatasets
import Foundation
import Synchronization

/// Turns Ctrl-C and SIGTERM into a wish to stop, so that work can clean up behind itself. A second one leaves at once.
final class Interruption {
  /// What the work asks between its items.
  let cancellation = Cancellation()
  /// What ends the process where the work does not; nothing by default.
  let lastResort = LastResort()
  private static let received = Atomic<Int32>(0)
  private var sources: [any DispatchSourceSignal] = []

  /// Listens from now on, for as long as the value lives.
  init() {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [cancellation, lastResort] in
        if Self.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
        cancellation.cancel()
        lastResort.start {
          Terminal.complain(
            "a minute after signal \(number) something does not end: left as it is, and what was written before stays")
          _exit(128 + number)
        }
      }
      source.resume()
      sources.append(source)
    }
  }

  /// Exit status of a command that was asked to stop: 130 after Ctrl-C, 143 after SIGTERM.
  static var exitStatus: Int32 { 128 + max(received.load(ordering: .relaxed), SIGINT) }

  deinit {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  }
}
