import Foundation

/// Measures time for telemetry, from its creation to now.
///
/// A build with FEEDER_UNTIMED, as in tools/bench/telemetry, reads no clock and always gives 0. This shows the cost of
/// telemetry.
package struct Stopwatch: Sendable {
  private let clock: clockid_t
  private let start: Int

  /// Starts now. `clock` is a system clock: real time by default, or the CPU time of a thread.
  package init(_ clock: clockid_t = CLOCK_MONOTONIC) {
    self.clock = clock
    start = Self.read(clock)
  }

  /// Whole nanoseconds since the start.
  package var nanoseconds: Int { Self.read(clock) - start }

  private static func read(_ clock: clockid_t) -> Int {
    #if FEEDER_UNTIMED
      return 0
    #else
      var time = timespec()
      clock_gettime(clock, &time)
      return time.tv_sec * 1_000_000_000 + time.tv_nsec
    #endif
  }
}
