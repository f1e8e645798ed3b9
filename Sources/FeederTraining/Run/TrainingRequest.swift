import FeederCache
import FeederDetection
import FeederLoader

/// What `--optimizer` takes.
package enum OptimizerChoice: String, CaseIterable, Sendable {
  case auto
  case sgd
  case adamw
}

/// What somebody asks of a run: every setting but the data; names and defaults are those that YOLO users know. `RunPlan` is what
/// comes of it.
package struct TrainingRequest: Sendable {
  package var model = ModelDesign.yolov8n
  package var epochs = 100
  /// Images of a step, of all ranks together; nil for the most that fit.
  package var batch: Int? = 16
  /// Side of the square that images are fitted to, in pixels; `ModelDesign.takes` says which.
  package var imageSize = 640
  package var precision = Precision.auto
  /// Names of the devices, one a rank of this machine, between commas.
  package var device = "auto"
  /// Processes on this machine; nil for one, or one for each device.
  package var ranks: Int?
  /// True if norms use the statistics of all ranks' images.
  package var syncsNorms = false
  /// Bytes of the loader; nil for what `MemoryLimit` gives.
  package var memory: Int?
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
  /// Weights to start from; nil starts from random ones.
  package var startWeights: String?
  package var augmentation = AugmentationSettings()
  package var cache = CacheChoice.auto
  /// Folder of cache files; nil for the default one.
  package var cacheFolder: String?
  /// Channels of the images, 1 or 3; nil goes by the images.
  package var channels: Int?
  /// True if bad label lines are left out, and do not refuse the data set.
  package var skipsBadLabels = false
  /// Steps between checkpoints inside an epoch; 0 for none.
  package var checkpointEvery = 0
  /// Steps after which this process checkpoints and stops; 0 for no limit.
  package var stopAfterSteps = 0
  /// Threads of one engine operator; fixed for a run, since other counts give other bytes. Nil for this rank's share of the cores.
  package var engineThreads: Int?
  /// Loader workers; nil leaves one core for each engine thread and takes the rest, at least 1.
  package var workers: Int?
  /// Batches made ahead of the step; nil leaves it to the tuner if `workers` is nil too.
  package var prefetch: Int?
  /// True if the run draws pictures and writes a report.
  package var plots = true
  /// True if the run writes TensorBoard's events.
  package var tensorboard = false

  /// The defaults.
  package init() {}

  /// True if workers and prefetch depth are the tuner's to choose, because nobody gave either.
  package var tunesLoader: Bool { workers == nil && prefetch == nil }

  /// Batches made ahead of the step; if `tunesLoader`, those to begin with.
  package var prefetchDepth: Int { prefetch ?? LoaderSettings.defaultPrefetchDepth }

  /// Names of the devices, one a rank of this machine.
  package var devices: [String] {
    device.split(separator: ",", omittingEmptySubsequences: false).map { name in
      String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// Throws `SettingError` for the first value out of its range.
  package func check() throws { for setting in SettingTable.all { try setting.check(self) } }
}
