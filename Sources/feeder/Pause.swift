import Foundation

/// Exact waiting: what stands in for a device's step.
enum Pause {
  /// Sleeps until `seconds` from now have passed on the monotonic clock.
  static func sleep(seconds: Double) {
    guard seconds > 0 else { return }
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let end = time.tv_sec * 1_000_000_000 + time.tv_nsec + Int(seconds * 1e9)
    time = timespec(tv_sec: end / 1_000_000_000, tv_nsec: end % 1_000_000_000)
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
  }
}
