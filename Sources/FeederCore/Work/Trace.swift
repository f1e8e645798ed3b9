import Synchronization

/// What happened when: spans of time by row, kept in memory until a file is written of them. Safe from any thread.
///
/// Room for the spans is taken at once; when it is used up, later spans are counted and dropped.
package final class Trace: Sendable {
  /// Who did it: one line of the picture.
  package enum Row: Hashable, Sendable {
    /// Who takes the batches: waits, copies, steps.
    case consumer
    /// A thread of the loader, counted from 0.
    case worker(Int)
    /// Memory of one batch, counted from 0.
    case slot(Int)
  }

  /// Something that took time. Spans of one row never overlap.
  package struct Span: Sendable, Equatable {
    package let row: Row
    /// A word, as "fill" or "step".
    package let name: String
    /// Nanoseconds since the trace began.
    package let start: Int
    package let end: Int
    /// The batch it belongs to, counted from 0 in its epoch; -1 where there is none.
    package let batch: Int
    /// Of a filled image: nanoseconds that the worker waited for bytes, and that it had a core; else 0.
    package let readNanoseconds: Int
    package let cpuNanoseconds: Int
  }

  private struct State {
    var spans: ContiguousArray<Span> = []
    var droppedCount = 0
  }

  private let origin = ContinuousClock.now
  private let capacity: Int
  private let state: Mutex<State>

  /// An empty trace with room for `capacity` spans of some 100 bytes each.
  package init(capacity: Int = 1 << 18) {
    self.capacity = capacity
    var state = State()
    state.spans.reserveCapacity(capacity)
    self.state = Mutex(state)
  }

  /// Nanoseconds since the trace began.
  package var now: Int { Int((ContinuousClock.now - origin) / .nanoseconds(1)) }

  /// Notes what began at `start` and ended at `end`, by default now.
  package func note(
    _ row: Row, _ name: String, from start: Int, to end: Int? = nil, batch: Int = -1, readNanoseconds: Int = 0,
    cpuNanoseconds: Int = 0
  ) {
    let span = Span(
      row: row, name: name, start: start, end: max(end ?? now, start), batch: batch, readNanoseconds: readNanoseconds,
      cpuNanoseconds: cpuNanoseconds)
    state.withLock { state in
      if state.spans.count < capacity { state.spans.append(span) } else { state.droppedCount += 1 }
    }
  }

  /// All spans until now, by their end, and how many found no room.
  package var all: (spans: [Span], droppedCount: Int) { state.withLock { (Array($0.spans), $0.droppedCount) } }
}

extension Trace? {
  /// Runs `body`, and notes its time if there is a trace, also if it throws.
  package func span<R: ~Copyable>(
    _ row: Trace.Row, _ name: String, batch: Int = -1, _ body: () throws -> R
  ) rethrows -> R {
    guard let self else { return try body() }
    let begun = self.now
    defer { self.note(row, name, from: begun, batch: batch) }
    return try body()
  }
}
