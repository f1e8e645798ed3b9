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
  package var model = ModelDesign.yolov8n
  package var epochs = 100
  /// Images of a batch.
  package var batch = 16
  /// True where `batch` is still to be found: the largest that fits.
  package var findsBatch = false
  /// Bytes that tensors on the CPU may take; nil for what is left when the run begins.
  package var tensorLimit: Int?
  /// Side of the square that images are fitted to, in pixels; `ModelDesign.takes` says which.
  package var imageSize = 640
  package var precision = Precision.auto
  package var device = Device.cpu
  package var seed: UInt64 = 0
  /// True if a GPU takes kernels that give equal bytes from run to run.
  package var deterministic = true
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

  /// Makes the engine of this process compute as the settings say.
  package func adopt() throws {
    try Engine.setThreadCount(engineThreads)
    if device != .cpu { try Engine.setDeterministic(deterministic) }
  }

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
}
