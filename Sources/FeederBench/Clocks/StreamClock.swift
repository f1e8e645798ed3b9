import Foundation

/// The clocks that measure a stream: elapsed time, and processor time of this program.
package protocol StreamClock {
  /// Seconds of a clock that never goes back.
  var seconds: Double { get }
  /// Processor seconds of all threads of this program together.
  var processorSeconds: Double { get }
}

/// The system's clocks.
package struct SystemClock: StreamClock {
  /// The system's clocks.
  package init() {}

  /// Seconds of CLOCK_MONOTONIC.
  package var seconds: Double { Self.read(CLOCK_MONOTONIC) }
  /// Seconds of CLOCK_PROCESS_CPUTIME_ID.
  package var processorSeconds: Double { Self.read(CLOCK_PROCESS_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
