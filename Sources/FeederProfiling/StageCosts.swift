import FeederLoader

/// What an image of the stream takes, stage by stage: the mean over a window of a loader that nobody held up.
package struct StageCosts: Sendable, Equatable {
  /// Bytes of records or files: a mosaic takes those of four images.
  package var readByteCount: Double
  /// Bytes of them that no memory held.
  package var missedByteCount: Double
  /// Seconds that a worker decodes.
  package var decodeSeconds: Double
  /// Seconds that a worker resamples, changes colours and hashes.
  package var augmentSeconds: Double

  /// Costs by their fields.
  package init(
    readByteCount: Double, missedByteCount: Double, decodeSeconds: Double, augmentSeconds: Double
  ) {
    self.readByteCount = readByteCount
    self.missedByteCount = missedByteCount
    self.decodeSeconds = decodeSeconds
    self.augmentSeconds = augmentSeconds
  }

  /// The costs of the images filled between two looks at a loader's counters; nil where there was none.
  package init?(_ now: Telemetry, since before: Telemetry) {
    let count = Double(now.filledCount - before.filledCount)
    guard count > 0 else { return nil }
    self.init(
      readByteCount: Double(now.readByteCount - before.readByteCount) / count,
      missedByteCount: Double(now.missedByteCount - before.missedByteCount) / count,
      decodeSeconds: (now.decodeSeconds - before.decodeSeconds) / count,
      augmentSeconds: (now.augmentSeconds + now.hashSeconds - before.augmentSeconds - before.hashSeconds) / count)
  }

  /// Seconds of a worker, but for waiting for bytes.
  package var workSeconds: Double { decodeSeconds + augmentSeconds }
}
