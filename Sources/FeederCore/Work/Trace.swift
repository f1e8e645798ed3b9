import Synchronization

/// A timeline: spans of time, each in a row. They stay in memory until a file is written. Any thread may use it.
///
/// Memory for the spans is allocated at once. When it is full, further spans are counted and dropped.
package final class Trace: Sendable {
  /// One row of the drawn timeline.
  package enum Row: Hashable, Sendable {
    /// The thread that takes the batches: it waits, copies and steps.
    case consumer
    /// A worker of the loader, counted from 0.
    case worker(Int)
    /// A slot, counted from 0.
    case slot(Int)
  }

  /// A period with a name. Spans of one row never overlap.
  package struct Span: Sendable, Equatable {
    /// The row that the span belongs to.
    package let row: Row
    /// A word, such as "fill" or "step".
    package let name: String
    /// Start in nanoseconds since the trace began.
    package let start: Int
    /// End in nanoseconds since the trace began.
    package let end: Int
    /// The batch index in its epoch, counted from 0; -1 if the span belongs to no batch.
    package let batch: Int
    /// If the span fills an image, nanoseconds that the worker waited for bytes; else 0.
    package let readNanoseconds: Int
    /// If the span fills an image, nanoseconds of CPU time; else 0.
    package let cpuNanoseconds: Int
  }

  private struct State {
    var spans: ContiguousArray<Span> = []
    var droppedCount = 0
  }

  private let origin = ContinuousClock.now
  private let capacity: Int
  private let state: Mutex<State>

  /// An empty trace with memory for `capacity` spans of about 100 bytes each.
  package init(capacity: Int = 1 << 18) {
    self.capacity = capacity
    var state = State()
    state.spans.reserveCapacity(capacity)
    self.state = Mutex(state)
  }

  /// Nanoseconds since the trace began.
  package var now: Int { Int((ContinuousClock.now - origin) / .nanoseconds(1)) }

  /// Notes a span from `start` to `end`, by default now, both in nanoseconds since the trace began.
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

  /// All spans until now, ordered by their ends, and the number of dropped spans.
  package var all: (spans: [Span], droppedCount: Int) { state.withLock { (Array($0.spans), $0.droppedCount) } }
}

extension Trace? {
  /// Runs `body` and notes its time if there is a trace, even if `body` throws. Throws what `body` throws.
  package func span<R: ~Copyable>(
    _ row: Trace.Row, _ name: String, batch: Int = -1, _ body: () throws -> R
  ) rethrows -> R {
    guard let self else { return try body() }
    let begun = self.now
    defer { self.note(row, name, from: begun, batch: batch) }
    return try body()
  }
}
