import Foundation

/// What measures a stream: time that passes, and time that processors spend on this program.
package protocol StreamClock {
  /// Seconds of a clock that never goes back.
  var seconds: Double { get }
  /// Seconds that all threads of this program ran, together.
  var processorSeconds: Double { get }
}

/// The system's clocks.
package struct SystemClock: StreamClock {
  /// Needs nothing.
  package init() {}

  package var seconds: Double { Self.read(CLOCK_MONOTONIC) }
  package var processorSeconds: Double { Self.read(CLOCK_PROCESS_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
