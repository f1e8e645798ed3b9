import FeederCache
import FeederCodecs
import FeederDetection
import FeederLoader

/// The values of `--optimizer`.
package enum OptimizerChoice: String, CaseIterable, Sendable {
  /// AdamW for short runs, SGD for long ones, with their own rate and momentum (`OptimizerPlan`).
  case auto
  /// Stochastic gradient descent with Nesterov momentum.
  case sgd
  /// Adam with decoupled weight decay.
  case adamw
}

/// The requested settings of a run, all but the data. YOLO users know names and defaults. `RunPlan` resolves them.
package struct TrainingRequest: Sendable {
  /// The network.
  package var model = ModelDesign.yolov8n
  /// Passes over the training images.
  package var epochs = 100
  /// Images per step, of all ranks together; nil for the most that fit.
  package var batch: Int? = LoaderSettings.standardBatch
  /// Side of the square network input in pixels; `ModelDesign.takes` says which sides are allowed.
  package var imageSize = LoaderSettings.standardImageSize
  /// The number format of the network's convolutions.
  package var precision = Precision.auto
  /// Names of the devices between commas, one per rank on this machine.
  package var device = "auto"
  /// Processes on this machine; nil for one, or for one per device.
  package var ranks: Int?
  /// True if batch norm uses the statistics of all ranks' images.
  package var syncsNorms = false
  /// Bytes that the loader may take; nil for `MemoryLimit`'s share.
  package var memory: Int?
  /// Seed of weights, order and augmentation.
  package var seed: UInt64 = 0
  /// True if a GPU uses kernels that give equal bytes from run to run.
  package var deterministic = true
  /// The optimizer.
  package var optimizer = OptimizerChoice.auto
  /// Initial learning rate, before the schedule lowers it.
  package var lr0 = 0.01
  /// Share of `lr0` that the learning rate approaches at the end.
  package var lrf = 0.01
  /// Momentum (SGD) or first beta (AdamW) after warm-up.
  package var momentum = 0.937
  /// Weight decay on convolution weights, for an update of `nominalBatch` images.
  package var weightDecay = 0.0005
  /// Epochs of warm-up; a fraction is allowed.
  package var warmupEpochs = 3.0
  /// Momentum at the first batch (SGD).
  package var warmupMomentum = 0.8
  /// Learning rate of biases at the first batch; other rates start at 0.
  package var warmupBiasRate = 0.1
  /// True if the learning rate falls by half a cosine instead of a line.
  package var cosine = false
  /// Images per update; smaller batches are accumulated.
  package var nominalBatch = 64
  /// Number of last epochs without mosaic.
  package var closeMosaic = 10
  /// Epochs without a better result after which the run stops; 0 for never.
  package var patience = 100
  /// Detections per image that validation keeps; nil follows the labels (`DetectionBound`).
  package var maxDetections: Int?
  /// Path of the start weights; nil starts from random ones.
  package var startWeights: String?
  /// Augmentation of the training images.
  package var augmentation = AugmentationSettings()
  /// Tiles in which boards are cut; nil for whole images.
  package var tile: TileChoice?
  /// The least overlap of neighbouring tiles in validation, as a share of their side; nil for the default.
  package var tileOverlap: Double?
  /// Tiles without boxes per epoch, as a share of all tiles; nil for the default (`Tiling.empty`).
  package var tileEmpty: Double?
  /// Most pixels of an image that is read; nil for `ImageLimits.standard`.
  package var largestImage: Int?
  /// The form in which images are cached.
  package var cache = CacheChoice.auto
  /// Folder of cache files; nil for the default.
  package var cacheFolder: String?
  /// The window of images of more than 8 bits.
  package var levels = LevelOptions()
  /// Channels per image, 1 or 3; nil follows the images.
  package var channels: Int?
  /// True if bad label lines are skipped. False refuses the data set.
  package var skipsBadLabels = false
  /// Steps between checkpoints in an epoch; 0 for none.
  package var checkpointEvery = 0
  /// Steps after which this process writes a checkpoint and stops; 0 for no limit.
  package var stopAfterSteps = 0
  /// Threads of one engine operator; other counts give other bytes. Nil for this rank's share of the cores.
  package var engineThreads: Int?
  /// Loader workers; nil for the cores that the engine leaves, at least 1.
  package var workers: Int?
  /// Prefetch depth; nil leaves it to the tuner if `workers` is nil too.
  package var prefetch: Int?
  /// True if the run draws pictures and writes a report.
  package var plots = true
  /// True if the run writes TensorBoard event files.
  package var tensorboard = false

  /// The defaults.
  package init() {}

  /// The limits of images that are read.
  package var limits: ImageLimits { largestImage.map(ImageLimits.init(pixelCount:)) ?? .standard }

  /// The tiles of a given side; nil for whole images and for auto.
  package var tiling: Tiling? { if case .side(let side) = tile { tiling(side: side) } else { nil } }

  /// Tiles of `side` as requested.
  func tiling(side: Int) -> Tiling {
    Tiling(side: side, overlap: tileOverlap ?? Tiling.defaultOverlap, empty: tileEmpty)
  }

  /// True if the tuner chooses workers and prefetch depth, because neither is given.
  package var tunesLoader: Bool { workers == nil && prefetch == nil }

  /// The prefetch depth; with `tunesLoader` the one at the start.
  package var prefetchDepth: Int { prefetch ?? LoaderSettings.defaultPrefetchDepth }

  /// Names of the devices, one per rank on this machine.
  package var devices: [String] {
    device.split(separator: ",", omittingEmptySubsequences: false).map { name in
      String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// Throws `SettingError` for the first value that is out of its range.
  package func check() throws { for setting in SettingTable.all { try setting.check(self) } }
}
