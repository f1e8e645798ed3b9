import FeederDetection
import FeederLoader
import FeederMetrics

/// What every setting of a run may be, in the words that a wrong value is answered with: one table for values that are no numbers, and for
/// numbers outside of their range.
package enum SettingBounds {
  /// Far beyond every run; sums of such counts do not overflow.
  static let most = 1_000_000_000

  private static let words: [String: String] = [
    "epochs": "1 to 1000000 epochs", "batch": "1 to 4096 images, or auto",
    "image_size": ModelDesign.sides, "seed": "a whole number from 0 to \(UInt64.max)",
    "lr0": "a rate above 0 and below 100, such as 0.01", "lrf": "a share from 0 to 1",
    "momentum": "a number from 0 to below 1", "weight_decay": "a number from 0 to below 1",
    "warmup_epochs": "0 to 1000000 epochs", "warmup_momentum": "a number from 0 to below 1",
    "warmup_bias_lr": "a rate from 0 to below 100", "nominal_batch": "1 to 65536 images",
    "close_mosaic": "0 to 1000000 epochs", "patience": "0 to 1000000 epochs",
    "max_detections": "1 to 100000 detections",
    "checkpoint_every": "0 to \(most) steps", "stop_after_steps": "0 to \(most) steps",
    "prefetch": "1 to 1024 batches", "workers": "1 to 1024 threads", "engine_threads": "1 to 1024 threads",
    "mosaic": "a share from 0 to 1", "fliplr": "a share from 0 to 1", "flipud": "a share from 0 to 1",
    "hsv_h": "a share from 0 to 1", "hsv_s": "a share from 0 to 1", "hsv_v": "a share from 0 to 1",
    "translate": "a share from 0 to 0.5", "scale": "a share from 0 to 0.95", "degrees": "0 to 180 degrees",
    "shear": "0 to 44 degrees", "perspective": "0 to 0.001", "ranks": "1 to 256 processes",
    "memory": "a number of bytes above 0, such as 2GiB", "deterministic": "true or false", "sync_bn": "true or false",
    "cos_lr": "true or false",
    "plots": "true or false", "tensorboard": "true or false", "skip_bad_labels": "true or false",
  ]

  /// What the setting `key` may be.
  package static func words(_ key: String) -> String { words[key] ?? "another value" }

  /// The line that refuses `text` for the setting `key`.
  package static func refusal(_ key: String, _ text: String) -> String {
    "--\(key.replacing("_", with: "-")) \(text.isEmpty ? "''" : text): give \(words(key))"
  }
}

extension TrainingSettings {
  /// Throws `TrainingError.setting`, or the loader's error, for the first value out of its range.
  package func check() throws {
    func refuse(_ isBad: Bool, _ key: String, _ value: some CustomStringConvertible) throws {
      if isBad { throw TrainingError.setting(SettingBounds.refusal(key, "\(value)")) }
    }
    func isShare(_ value: Double) -> Bool { value >= 0 && value < 1 }
    let (epochCounts, stepCounts) = (0...1_000_000, 0...SettingBounds.most)
    try refuse(!(1...1_000_000).contains(epochs), "epochs", epochs)
    try refuse(!(1...4096).contains(batch), "batch", batch)
    if !findsBatch, batch % place.count != 0 {
      throw TrainingError.setting(
        "--batch \(batch): it is the batch of all \(place.count) ranks together; give a multiple of \(place.count)")
    }
    try refuse(!ModelDesign.takes(side: imageSize), "image_size", imageSize)
    try refuse(!(lr0 > 0 && lr0 < 100), "lr0", lr0)
    try refuse(!(0...1).contains(lrf), "lrf", lrf)
    try refuse(!isShare(momentum), "momentum", momentum)
    try refuse(!isShare(warmupMomentum), "warmup_momentum", warmupMomentum)
    try refuse(!isShare(weightDecay), "weight_decay", weightDecay)
    try refuse(!(0...1e6).contains(warmupEpochs), "warmup_epochs", warmupEpochs)
    try refuse(!(warmupBiasRate >= 0 && warmupBiasRate < 100), "warmup_bias_lr", warmupBiasRate)
    try refuse(!(1...65_536).contains(nominalBatch), "nominal_batch", nominalBatch)
    try refuse(!epochCounts.contains(closeMosaic), "close_mosaic", closeMosaic)
    try refuse(!epochCounts.contains(patience), "patience", patience)
    if let maxDetections, !DetectionBound.allowed.contains(maxDetections) {
      throw TrainingError.setting(DetectionBound.refusal(of: maxDetections))
    }
    try refuse(!stepCounts.contains(checkpointEvery), "checkpoint_every", checkpointEvery)
    try refuse(!stepCounts.contains(stopAfterSteps), "stop_after_steps", stopAfterSteps)
    try refuse(!(1...1024).contains(prefetchDepth), "prefetch", prefetchDepth)
    try refuse(!(1...1024).contains(workers ?? 1), "workers", workers ?? 0)
    try refuse(!(1...1024).contains(engineThreads), "engine_threads", engineThreads)
    try PrecisionPolicy(precision, on: device).check()
    try augmentation.check()
  }
}
