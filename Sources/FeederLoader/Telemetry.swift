import Synchronization

/// Where the time of a loader goes; counts run from its creation.
package struct Telemetry: Sendable, Equatable {
  /// Nothing counted.
  package static let zero = Telemetry()

  /// JPEGs decoded.
  package var decodedCount = 0
  /// Images put into a slot.
  package var filledCount = 0
  /// Batches handed out.
  package var deliveredCount = 0
  /// Seconds the consumer waited inside `nextBatch()`.
  package var stallSeconds = 0.0
  /// Seconds of all workers spent reading from storage: source files, and records that were not in memory.
  package var readSeconds = 0.0
  /// Bytes of records and source files that were asked for, wherever they came from.
  package var readByteCount = 0
  /// Bytes of them that were not in memory before, as far as the system tells.
  package var missedByteCount = 0
  /// Seconds of all workers spent decoding.
  package var decodeSeconds = 0.0
  /// Seconds of all workers spent resampling and changing colours.
  package var augmentSeconds = 0.0
  /// Seconds of all workers spent hashing the stream.
  package var hashSeconds = 0.0
}

/// The counters behind `Telemetry`: relaxed atomics, nanoseconds. Safe from any thread.
final class Counters: Sendable {
  let decoded = Atomic(0)
  let filled = Atomic(0)
  let delivered = Atomic(0)
  let stall = Atomic(0)
  let read = Atomic(0)
  let readBytes = Atomic(0)
  let missedBytes = Atomic(0)
  let decode = Atomic(0)
  let augment = Atomic(0)
  let hash = Atomic(0)

  /// A copy of all counters; they may be some nanoseconds apart.
  var snapshot: Telemetry {
    func seconds(_ counter: borrowing Atomic<Int>) -> Double { Double(counter.load(ordering: .relaxed)) / 1e9 }
    return Telemetry(
      decodedCount: decoded.load(ordering: .relaxed), filledCount: filled.load(ordering: .relaxed),
      deliveredCount: delivered.load(ordering: .relaxed), stallSeconds: seconds(stall), readSeconds: seconds(read),
      readByteCount: readBytes.load(ordering: .relaxed), missedByteCount: missedBytes.load(ordering: .relaxed),
      decodeSeconds: seconds(decode), augmentSeconds: seconds(augment), hashSeconds: seconds(hash))
  }
}

/// Whole nanoseconds from `start` to now.
func nanoseconds(since start: ContinuousClock.Instant) -> Int {
  let (seconds, attoseconds) = (ContinuousClock.now - start).components
  return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
}
