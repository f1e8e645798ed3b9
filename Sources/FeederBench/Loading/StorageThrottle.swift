import Foundation
import Synchronization

/// The clock of a `StorageThrottle`. Tests pass their own.
package protocol ThrottleClock: Sendable {
  /// Nanoseconds since a fixed moment.
  var nanoseconds: Int { get }
  /// Sleeps until `nanoseconds` reaches `moment`.
  func sleep(until moment: Int)
}

/// The system's monotonic clock.
package struct MonotonicClock: ThrottleClock {
  /// The system's clock.
  package init() {}

  /// The clock's time in nanoseconds.
  package var nanoseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  /// Sleeps for `seconds`; returns at once if that is 0 or less.
  package func sleep(seconds: Double) {
    if seconds > 0 { sleep(until: nanoseconds + Int(seconds * 1e9)) }
  }

  /// Sleeps until the clock's time is `moment`, in nanoseconds.
  package func sleep(until moment: Int) {
    var time = timespec(tv_sec: moment / 1_000_000_000, tv_nsec: moment % 1_000_000_000)
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
  }
}

/// Storage with a given rate, shared by all readers: a token bucket that starts empty.
///
/// In any t seconds it passes at most rate x (t + 50 ms) bytes. The 50 ms model a disk that reads ahead. Without them,
/// a single worker that decodes between two reads would see a slower disk.
package final class StorageThrottle: Sendable {
  private static let burstNanoseconds = 50_000_000

  private let clock: any ThrottleClock
  private let rate: Atomic<Int>
  /// The time in nanoseconds at which everything requested so far has been read.
  private let busyUntil: Mutex<Int>

  /// Storage with `bytesPerSecond`; 0 for no limit.
  package init(bytesPerSecond: Int, clock: any ThrottleClock = MonotonicClock()) {
    precondition(bytesPerSecond >= 0, "a rate is never negative")
    self.clock = clock
    rate = Atomic(bytesPerSecond)
    busyUntil = Mutex(clock.nanoseconds + Self.burstNanoseconds)
  }

  /// Bytes per second; 0 for no limit. May be changed at any time. Readers that already wait are not affected.
  package var bytesPerSecond: Int {
    get { rate.load(ordering: .relaxed) }
    set { rate.store(newValue, ordering: .relaxed) }
  }

  /// Waits as long as storage with this rate needs to read `byteCount` bytes more. Returns the nanoseconds waited.
  func charge(_ byteCount: Int) -> Int {
    let rate = bytesPerSecond
    guard rate > 0, byteCount > 0 else { return 0 }
    let start = clock.nanoseconds
    let cost = Int((Double(byteCount) * 1e9 / Double(rate)).rounded(.up))
    let end = busyUntil.withLock { busyUntil in
      busyUntil = max(busyUntil, start) + cost
      return busyUntil
    }
    let moment = end - Self.burstNanoseconds
    guard moment > start else { return 0 }
    clock.sleep(until: moment)
    return max(clock.nanoseconds - start, 0)
  }
}
