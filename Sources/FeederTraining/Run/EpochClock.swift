import FeederLoader

/// Time, images and stalls of one epoch in this process.
final class EpochClock {
  /// Images of the batches so far.
  var imageCount = 0
  private let start = ContinuousClock.now
  private let stallAtStart: Double

  /// An epoch that begins now; `telemetry` is the loader's.
  init(telemetry: Telemetry) { stallAtStart = telemetry.stallSeconds }

  /// Seconds since the epoch began.
  var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Share of these seconds in which the step waited for a batch, 0 to 1.
  func stallShare(_ telemetry: Telemetry) -> Double {
    min(max((telemetry.stallSeconds - stallAtStart) / max(seconds, 1e-9), 0), 1)
  }
}
