import FeederCache
import Synchronization

/// Where the time of a loader goes; counts run from its creation.
package struct Telemetry: Sendable, Equatable {
  /// Nothing counted.
  package static let zero = Telemetry()

  /// Images decoded.
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

/// One number that threads add to. Relaxed; adds nothing where telemetry is built out (`Stopwatch`).
struct Counter: ~Copyable, Sendable {
  private let sum = Atomic(0)

  /// The sum so far.
  var value: Int { sum.load(ordering: .relaxed) }

  func add(_ amount: Int) {
    #if !FEEDER_UNTIMED
      sum.add(amount, ordering: .relaxed)
    #endif
  }
}

/// The counters behind `Telemetry`, times in nanoseconds. Safe from any thread.
final class Counters: Sendable {
  let decoded = Counter()
  let filled = Counter()
  let delivered = Counter()
  let stall = Counter()
  let read = Counter()
  let readBytes = Counter()
  let missedBytes = Counter()
  let decode = Counter()
  let augment = Counter()
  let hash = Counter()

  /// Adds what a worker spent on reading and decoding.
  func add(_ spent: DecodeScratch.Times) {
    read.add(spent.readNanoseconds)
    readBytes.add(spent.readByteCount)
    missedBytes.add(spent.missedByteCount)
    decode.add(spent.decodeNanoseconds)
    decoded.add(spent.decodedCount)
  }

  /// A copy of all counters; they may be some nanoseconds apart.
  var snapshot: Telemetry {
    func seconds(_ counter: borrowing Counter) -> Double { Double(counter.value) / 1e9 }
    return Telemetry(
      decodedCount: decoded.value, filledCount: filled.value, deliveredCount: delivered.value,
      stallSeconds: seconds(stall), readSeconds: seconds(read), readByteCount: readBytes.value,
      missedByteCount: missedBytes.value, decodeSeconds: seconds(decode), augmentSeconds: seconds(augment),
      hashSeconds: seconds(hash))
  }
}
