import FeederCache
import FeederLoader

/// The resolved optimizer of a run: rule, rates and decay.
struct OptimizerPlan: CustomStringConvertible {
  let rule: OptimizerRule
  let weightDecay: Double
  let schedule: LearningRateSchedule.Settings
  let description: String

  /// Above this number of updates, `auto` takes SGD.
  private static let longRun = 10_000

  /// `auto` follows the rule that YOLO users know. Up to 10,000 updates: AdamW, with a rate that depends on the number
  /// of classes; above: SGD. It sets rate and momentum itself. Only SGD warms up its momentum; AdamW's first beta is
  /// constant.
  init(_ settings: RunPlan, classCount: Int, batchesPerEpoch: Int) {
    var schedule = LearningRateSchedule.Settings()
    schedule.epochs = settings.epochs
    schedule.batchesPerEpoch = batchesPerEpoch
    schedule.batch = settings.batch
    schedule.nominalBatch = settings.nominalBatch
    schedule.lr0 = settings.lr0
    schedule.lrf = settings.lrf
    schedule.cosine = settings.cosine
    schedule.momentum = settings.momentum
    schedule.warmupEpochs = settings.warmupEpochs
    schedule.warmupMomentum = settings.warmupMomentum
    schedule.warmupBiasRate = settings.warmupBiasRate
    let accumulation = max((Double(settings.nominalBatch) / Double(settings.batch)).rounded(.toNearestOrEven), 1)
    switch settings.optimizer {
    case .sgd: rule = .sgd
    case .adamw: rule = .adamw
    case .auto:
      let updates = Double(batchesPerEpoch * settings.epochs) / accumulation
      rule = updates > Double(Self.longRun) ? .sgd : .adamw
      schedule.lr0 = rule == .sgd ? 0.01 : (0.002 * 5 / Double(4 + classCount) * 1e6).rounded() / 1e6
      schedule.momentum = 0.9
      schedule.warmupBiasRate = 0
    }
    if rule == .adamw { schedule.warmupMomentum = schedule.momentum }
    // The setting's decay is per update of `nominalBatch` images.
    weightDecay = settings.weightDecay * Double(settings.batch) * accumulation / Double(settings.nominalBatch)
    self.schedule = schedule
    description =
      "optimizer: \(rule.rawValue), lr0 \(schedule.lr0), momentum \(schedule.momentum), "
      + "weight decay \(weightDecay) on convolution weights, \(Int(accumulation)) batches per update"
  }
}

extension RunPlan {
  /// True if a run over `imageCount` training images uses AdamW, chosen by the user or by `auto`.
  package func takesAdamW(classCount: Int, imageCount: Int) -> Bool {
    OptimizerPlan(self, classCount: classCount, batchesPerEpoch: max(imageCount / batch, 1)).rule == .adamw
  }

  /// The loader settings of this run. `workers` nil takes the default, or this rank's share of the cores.
  func loader(_ mode: LoaderMode, workers: Int?, prefetchDepth: Int) -> LoaderSettings {
    var loader = LoaderSettings(
      batch: ownBatch, imageSize: request.imageSize, mode: mode, seed: request.seed, prefetchDepth: prefetchDepth)
    loader.tiling = tiling
    loader.rank = place.rank
    loader.rankCount = place.count
    if let workers {
      loader.workers = workers
    } else if place.localCount > 1 {
      loader.workers = max(place.share(of: CoreLimit.current.usable) - 1, 1)
    }
    return loader
  }
}
