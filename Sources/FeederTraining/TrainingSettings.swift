import FeederDetection
import FeederLoader
import FeederMetrics
import FeederTorch

/// What `--optimizer` takes.
package enum OptimizerChoice: String, CaseIterable, Sendable {
  case auto
  case sgd
  case adamw
}

/// Every setting of a run but the data; names and defaults are those that YOLO users know.
package struct TrainingSettings: Sendable {
  package var model = ModelSize.n
  package var epochs = 100
  /// Images of a batch.
  package var batch = 16
  /// True where `batch` is still to be found: the largest that fits.
  package var findsBatch = false
  /// Bytes that tensors on the CPU may take; nil for what is left when the run begins.
  package var tensorLimit: Int?
  /// Side of the square that images are fitted to, in pixels; a multiple of 32.
  package var imageSize = 640
  package var precision = Precision.auto
  package var device = Device.cpu
  package var seed: UInt64 = 0
  package var optimizer = OptimizerChoice.auto
  package var lr0 = 0.01
  package var lrf = 0.01
  package var momentum = 0.937
  package var weightDecay = 0.0005
  package var warmupEpochs = 3.0
  package var warmupMomentum = 0.8
  package var warmupBiasRate = 0.1
  package var cosine = false
  package var nominalBatch = 64
  /// Last epochs without mosaic.
  package var closeMosaic = 10
  /// Epochs without a better result after which the run stops.
  package var patience = 100
  /// Detections per image that validation keeps; nil follows the labels (`DetectionBound`).
  package var maxDetections: Int?
  package var augmentation = AugmentationSettings()
  /// Weights to start from; nil starts from random ones.
  package var startWeights: String?
  /// Steps between checkpoints inside an epoch; 0 for none.
  package var checkpointEvery = 0
  /// Steps after which this process checkpoints and stops; 0 for no limit.
  package var stopAfterSteps = 0
  /// Threads of one engine operator; fixed for a run, since other counts give other bytes.
  package var engineThreads = 1
  /// Loader workers; nil leaves one core for each engine thread and takes the rest, at least 1.
  package var workers: Int?
  /// Batches made ahead of the step; where `tunesLoader`, those to begin with.
  package var prefetchDepth = 4
  /// True where workers and prefetch depth are the tuner's to choose, because the user pinned neither.
  package var tunesLoader = false
  /// Where the tuner's findings are kept from run to run; nil for nowhere.
  package var learnedFile: LearnedSettingFile?

  /// The place of this process among those that train together; `batch` is that of all of them.
  package var place = RankPlace.alone
  /// True where norms use the statistics of all ranks' images.
  package var syncsNorms = false

  /// The defaults.
  package init() {}

  /// Images of a batch that are this process's.
  package var ownBatch: Int { batch / place.count }

  /// Largest common norm of the gradients of one update, as in the reference trainer.
  static let gradientNorm = 10.0

  /// Workers that the tuner may choose from: the cores that the engine leaves.
  var workerRange: ClosedRange<Int> {
    let most = loader(.validation, workers: workers, prefetchDepth: 1).workers
    return tunesLoader ? 1...most : most...most
  }

  /// Depths that the tuner may choose from.
  var prefetchRange: ClosedRange<Int> { tunesLoader ? 1...64 : prefetchDepth...prefetchDepth }

  /// Throws `TrainingError.setting`, or the loader's error, for the first value out of its range.
  package func check() throws {
    func refuse(_ isBad: Bool, _ reason: String) throws {
      if isBad { throw TrainingError.setting(reason) }
    }
    func isShare(_ value: Double) -> Bool { value >= 0 && value <= 1 }
    try refuse(epochs < 1 || epochs > 1_000_000, "--epochs \(epochs): give 1 to 1000000 epochs")
    try refuse(batch < 1 || batch > 4096, "--batch \(batch): give 1 to 4096 images")
    try refuse(
      !findsBatch && batch % place.count != 0,
      "--batch \(batch): it is the batch of all \(place.count) ranks together; give a multiple of \(place.count)")
    try refuse(
      imageSize < 32 || imageSize > 8192 || imageSize % 32 != 0,
      "--image-size \(imageSize): give a multiple of 32 from 32 to 8192")
    try refuse(!(lr0 > 0 && lr0 < 100), "--lr0 \(lr0): give a rate above 0, such as 0.01")
    try refuse(!isShare(lrf), "--lrf \(lrf): give a share from 0 to 1")
    try refuse(!(momentum >= 0 && momentum < 1), "--momentum \(momentum): give a number from 0 to below 1")
    try refuse(
      !(warmupMomentum >= 0 && warmupMomentum < 1),
      "--warmup-momentum \(warmupMomentum): give a number from 0 to below 1")
    try refuse(!(weightDecay >= 0 && weightDecay < 1), "--weight-decay \(weightDecay): give a number from 0 to below 1")
    try refuse(!(warmupEpochs >= 0 && warmupEpochs.isFinite), "--warmup-epochs \(warmupEpochs): give 0 or more")
    try refuse(!(warmupBiasRate >= 0 && warmupBiasRate < 100), "--warmup-bias-lr \(warmupBiasRate): give 0 or more")
    try refuse(nominalBatch < 1 || nominalBatch > 65_536, "--nominal-batch \(nominalBatch): give 1 to 65536 images")
    try refuse(closeMosaic < 0, "--close-mosaic \(closeMosaic): give 0 or more epochs")
    try refuse(patience < 0, "--patience \(patience): give 0 or more epochs")
    if let maxDetections {
      try refuse(
        !DetectionBound.allowed.contains(maxDetections), DetectionBound.refusal(of: maxDetections))
    }
    try refuse(checkpointEvery < 0, "--checkpoint-every \(checkpointEvery): give 0 or more steps")
    try refuse(stopAfterSteps < 0, "--stop-after-steps \(stopAfterSteps): give 0 or more steps")
    try refuse(!(1...1024).contains(prefetchDepth), "--prefetch \(prefetchDepth): give 1 to 1024 batches")
    try refuse(!(1...1024).contains(workers ?? 1), "--workers \(workers ?? 0): give 1 to 1024 threads")
    try refuse(!(1...1024).contains(engineThreads), "--engine-threads \(engineThreads): give 1 to 1024 threads")
    try PrecisionPolicy(precision, on: device).check()
    try augmentation.check()
  }
}
