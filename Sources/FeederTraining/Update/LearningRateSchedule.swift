import Foundation

/// Learning rate, momentum and accumulation per batch: a warm-up, then a line or half a cosine.
package struct LearningRateSchedule: Sendable {
  /// The shape of the schedule. YOLO users know names and defaults.
  package struct Settings: Sendable, Equatable {
    /// Passes over the data.
    package var epochs = 100
    /// Batches of the first epoch; the warm-up is counted in them.
    package var batchesPerEpoch = 1
    /// Images per batch, of all ranks together.
    package var batch = 16
    /// Images per update; smaller batches are accumulated.
    package var nominalBatch = 64
    /// Initial learning rate, before the schedule lowers it.
    package var lr0 = 0.01
    /// Share of `lr0` that the rate approaches, but does not reach.
    package var lrf = 0.01
    /// True for half a cosine, false for a line.
    package var cosine = false
    /// Momentum (SGD) or first beta (AdamW) after warm-up.
    package var momentum = 0.937
    /// Epochs of warm-up, at most all but one.
    package var warmupEpochs = 3.0
    /// Momentum at the first batch.
    package var warmupMomentum = 0.8
    /// Rate of biases at the first batch; other rates start at 0.
    package var warmupBiasRate = 0.1

    /// The defaults.
    package init() {}
  }

  /// The values for one batch.
  package struct Point: Sendable, Equatable {
    /// Rate of convolution weights and norm scales.
    package var weightRate: Double
    /// Rate of biases.
    package var biasRate: Double
    /// Momentum (SGD) or first beta (AdamW).
    package var momentum: Double
    /// Batches per update.
    package var accumulation: Int

    /// A point from its values.
    package init(weightRate: Double, biasRate: Double, momentum: Double, accumulation: Int) {
      self.weightRate = weightRate
      self.biasRate = biasRate
      self.momentum = momentum
      self.accumulation = accumulation
    }
  }

  private let settings: Settings
  private let warmupBatchCount: Int

  /// A schedule with these settings.
  package init(_ settings: Settings) {
    self.settings = settings
    let epochs = min(settings.warmupEpochs, Double(max(settings.epochs - 1, 0)))
    warmupBatchCount = epochs > 0 ? Int((epochs * Double(settings.batchesPerEpoch)).rounded(.toNearestOrEven)) : -1
  }

  /// The factor on `lr0` in `epoch`, counted from 0.
  package func factor(epoch: Int) -> Double {
    let progress = Double(epoch) / Double(settings.epochs)
    if settings.cosine {
      return (1 - cos(.pi * progress)) / 2 * (settings.lrf - 1) + 1
    }
    return max(1 - progress, 0) * (1 - settings.lrf) + settings.lrf
  }

  /// The values for batch `batch` of the run, in `epoch`, both counted from 0.
  package func point(batch: Int, epoch: Int) -> Point {
    let rate = settings.lr0 * factor(epoch: epoch)
    let full = max((Double(settings.nominalBatch) / Double(settings.batch)).rounded(.toNearestOrEven), 1)
    guard batch <= warmupBatchCount else {
      return Point(weightRate: rate, biasRate: rate, momentum: settings.momentum, accumulation: Int(full))
    }
    func between(_ start: Double, _ end: Double) -> Double {
      warmupBatchCount == 0 ? start : start + (end - start) * (Double(batch) / Double(warmupBatchCount))
    }
    return Point(
      weightRate: between(0, rate), biasRate: between(settings.warmupBiasRate, rate),
      momentum: between(settings.warmupMomentum, settings.momentum),
      accumulation: max(1, Int(between(1, full).rounded(.toNearestOrEven))))
  }
}
