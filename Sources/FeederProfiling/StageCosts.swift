import FeederLoader

/// Costs per image of the stream, stage by stage: means over a window in which nothing held the loader up.
package struct StageCosts: Sendable, Equatable {
  /// Bytes of records or files that are read. A mosaic reads four images.
  package var readByteCount: Double
  /// Bytes of these that were not in memory.
  package var missedByteCount: Double
  /// Seconds that a worker decodes.
  package var decodeSeconds: Double
  /// Seconds that a worker resamples, changes colours and hashes.
  package var augmentSeconds: Double

  /// Costs with these values.
  package init(
    readByteCount: Double, missedByteCount: Double, decodeSeconds: Double, augmentSeconds: Double
  ) {
    self.readByteCount = readByteCount
    self.missedByteCount = missedByteCount
    self.decodeSeconds = decodeSeconds
    self.augmentSeconds = augmentSeconds
  }

  /// The mean costs of the images that a loader filled between two readings of its counters; nil if it filled none.
  package init?(_ now: Telemetry, since before: Telemetry) {
    let count = Double(now.filledCount - before.filledCount)
    guard count > 0 else { return nil }
    self.init(
      readByteCount: Double(now.readByteCount - before.readByteCount) / count,
      missedByteCount: Double(now.missedByteCount - before.missedByteCount) / count,
      decodeSeconds: (now.decodeSeconds - before.decodeSeconds) / count,
      augmentSeconds: (now.augmentSeconds + now.hashSeconds - before.augmentSeconds - before.hashSeconds) / count)
  }

  /// Seconds of a worker without waiting for bytes.
  package var workSeconds: Double { decodeSeconds + augmentSeconds }
}
