import Foundation
import Synchronization

/// Shows how many items are done: one line redrawn in place on a terminal, else one line per tenth. Thread-safe.
package final class ProgressBar: Sendable {
  private struct State {
    var done = 0
    var shown = -1
    var drawn = ContinuousClock.now
  }

  private let title: String
  private let unit: String
  private let total: Int
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  /// A bar for `total` items called `unit`, as in "drawing: 40 of 200 boards".
  package init(_ title: String, total: Int, unit: String) {
    self.title = title
    self.unit = unit
    self.total = total
  }

  /// Counts `count` more items as done.
  package func advance(by count: Int = 1) {
    state.withLock { state in
      state.done += count
      let now = ContinuousClock.now
      let tenth = state.done * 10 / max(total, 1)
      let due = Terminal.isInteractive ? now - state.drawn > .milliseconds(100) : tenth > state.shown
      guard due || state.done == total else { return }
      state.shown = tenth
      state.drawn = now
      draw(state.done, at: now)
    }
  }

  private func draw(_ done: Int, at now: ContinuousClock.Instant) {
    let seconds = (now - start) / .seconds(1)
    let rate = seconds > 0 ? Double(done) / seconds : 0
    let left = rate > 0 ? Double(total - done) / rate : 0
    let line = "\(title): \(done) of \(total) \(unit), \(Int(rate))/s, \(Int(left.rounded(.up))) s left"
    guard Terminal.isInteractive else { return Terminal.say(line) }
    Terminal.redraw(line, isLast: done == total)
  }
}
