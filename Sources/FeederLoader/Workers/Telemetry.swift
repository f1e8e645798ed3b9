import FeederCache
import Synchronization

/// Counts and times of a loader since its creation.
package struct Telemetry: Sendable, Equatable {
  /// All counts at 0.
  package static let zero = Telemetry()

  /// Images decoded.
  package var decodedCount = 0
  /// Images put into a slot.
  package var filledCount = 0
  /// Batches delivered.
  package var deliveredCount = 0
  /// Seconds that the consumer waited in `nextBatch()`.
  package var stallSeconds = 0.0
  /// Seconds in which workers read from storage: source files, and records that were not in memory.
  package var readSeconds = 0.0
  /// Bytes of requested records and source files, from memory or storage.
  package var readByteCount = 0
  /// Bytes of these that were not in memory, as far as the system shows it.
  package var missedByteCount = 0
  /// Seconds in which workers decoded.
  package var decodeSeconds = 0.0
  /// Seconds in which workers resampled and changed colours.
  package var augmentSeconds = 0.0
  /// Seconds in which workers hashed the stream.
  package var hashSeconds = 0.0
}

/// A number that threads add to, with relaxed order. Adds nothing in a build without telemetry (`Stopwatch`).
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

/// The counters behind `Telemetry`, with times in nanoseconds. Any thread may use them.
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

  /// Adds the reads and decoding of a worker.
  func add(_ spent: DecodeScratch.Times) {
    read.add(spent.readNanoseconds)
    readBytes.add(spent.readByteCount)
    missedBytes.add(spent.missedByteCount)
    decode.add(spent.decodeNanoseconds)
    decoded.add(spent.decodedCount)
  }

  /// A copy of all counters. They may be a few nanoseconds apart.
  var snapshot: Telemetry {
    func seconds(_ counter: borrowing Counter) -> Double { Double(counter.value) / 1e9 }
    return Telemetry(
      decodedCount: decoded.value, filledCount: filled.value, deliveredCount: delivered.value,
      stallSeconds: seconds(stall), readSeconds: seconds(read), readByteCount: readBytes.value,
      missedByteCount: missedBytes.value, decodeSeconds: seconds(decode), augmentSeconds: seconds(augment),
      hashSeconds: seconds(hash))
  }
}
