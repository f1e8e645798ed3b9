import Dispatch
import FeederDatasets
import Foundation

/// Turns Ctrl-C and SIGTERM into a wish to stop, so that work can clean up behind itself.
final class Interruption {
  /// What the work asks between its items.
  let cancellation = Cancellation()
  private var sources: [any DispatchSourceSignal] = []

  /// Listens from now on, for as long as the value lives.
  init() {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [cancellation] in cancellation.cancel() }
      source.resume()
      sources.append(source)
    }
  }

  deinit {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  }
}
