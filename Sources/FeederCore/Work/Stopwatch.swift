import Foundation

/// Measures what telemetry tells of: from its making to now.
///
/// Built with FEEDER_UNTIMED, as tools/bench/telemetry does, it reads no clock and stands at 0: then what telemetry costs can be seen.
package struct Stopwatch: Sendable {
  private let clock: clockid_t
  private let start: Int

  /// Begins now. `clock` is one of the system's: time on the clock, or of the thread alone.
  package init(_ clock: clockid_t = CLOCK_MONOTONIC) {
    self.clock = clock
    start = Self.read(clock)
  }

  /// Whole nanoseconds since it began.
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
