import FeederCache
import FeederCore

/// How training images are changed, with the defaults that every program of Feeder has.
package struct AugmentationSettings: Sendable, Equatable {
  /// Probability that an image becomes a mosaic of four.
  package var mosaic = 1.0
  /// Largest shift of the image's centre, as a share of the image size; 0 to 0.5.
  package var translate = 0.1
  /// Largest change of scale: the gain is uniform in 1 - scale to 1 + scale; 0 to below 1.
  package var scale = 0.5
  /// Largest relative change of hue.
  package var hsvH = 0.015
  /// Largest relative change of saturation.
  package var hsvS = 0.7
  /// Largest relative change of value (brightness).
  package var hsvV = 0.4
  /// Probability of a horizontal flip.
  package var fliplr = 0.5
  /// Probability of a vertical flip.
  package var flipud = 0.0
  /// Largest rotation either way, in degrees; 0 to 180.
  package var degrees = 0.0
  /// Largest shear either way along each axis, in degrees; 0 to 44.
  package var shear = 0.0
  /// Largest perspective either way along each axis: change of depth a canvas pixel; 0 to 0.001.
  package var perspective = 0.0

  /// The defaults people know from YOLOv8.
  package init() {}

  /// Every setting, in the order of the help.
  package static let table: [Setting<AugmentationSettings>] = [
    Setting("hsv_h", \.hsvH, .share(0...1), help: "Largest relative change of hue."),
    Setting("hsv_s", \.hsvS, .share(0...1), help: "Largest relative change of saturation."),
    Setting("hsv_v", \.hsvV, .share(0...1), help: "Largest relative change of brightness."),
    Setting("translate", \.translate, .share(0...0.5), help: "Largest shift, as a share of the image size."),
    Setting("scale", \.scale, .share(0...0.95), help: "Largest change of scale."),
    Setting("fliplr", \.fliplr, .share(0...1), help: "Probability of a horizontal flip."),
    Setting("flipud", \.flipud, .share(0...1), help: "Probability of a vertical flip."),
    Setting("degrees", \.degrees, .range(0...180, "degrees"), help: "Largest rotation either way, in degrees."),
    // From 45 on, two shears may fold the picture into a line.
    Setting("shear", \.shear, .range(0...44, "degrees"), help: "Largest shear either way, in degrees."),
    Setting("perspective", \.perspective, .range(0...0.001), help: "Largest perspective either way, 0 to 0.001."),
    Setting("mosaic", \.mosaic, .share(0...1), help: "Probability of a mosaic of four images."),
  ]

  /// Throws `SettingError` for a value outside its range.
  package func check() throws { for setting in Self.table { try setting.check(self) } }
}

/// What a loader delivers.
package enum LoaderMode: Sendable, Equatable {
  /// A new order and new augmentation each epoch.
  case training(AugmentationSettings)
  /// Every image once, in the data set's order, letterboxed.
  case validation
}

/// Everything a loader is told. Only `seed`, `imageSize`, `mode` and the data decide what is delivered; the rest how fast.
package struct LoaderSettings: Sendable, Equatable {
  /// Images a batch; the last batch of an epoch may hold fewer.
  package var batch: Int
  /// Side of the square output images in pixels.
  package var imageSize: Int
  /// Seed of order and augmentation.
  package var seed: UInt64
  /// Threads that decode and augment, to begin with.
  package var workers: Int
  /// Batches that may lie ready or in work beside the one the consumer holds, to begin with.
  package var prefetchDepth: Int
  /// Training or validation.
  package var mode: LoaderMode
  /// Bytes that slots and scratch may take together; nil sets no limit.
  package var memoryBudget: Int?
  /// Number of this process among those that share each epoch, counted from 0.
  package var rank = 0
  /// Processes that share each epoch.
  package var rankCount = 1
  /// Share of the images that may be damaged before the run stops; one damaged image is always accepted.
  package var damagedShare = 0.01

  /// Settings with the defaults of the command line.
  package init(
    batch: Int, imageSize: Int, mode: LoaderMode, seed: UInt64 = 0, workers: Int = LoaderSettings.defaultWorkers,
    prefetchDepth: Int = LoaderSettings.defaultPrefetchDepth, memoryBudget: Int? = nil
  ) {
    self.batch = batch
    self.imageSize = imageSize
    self.seed = seed
    self.workers = workers
    self.prefetchDepth = prefetchDepth
    self.mode = mode
    self.memoryBudget = memoryBudget
  }

  /// Batches ahead if nobody says how many.
  package static let defaultPrefetchDepth = 4

  /// All cores but one, which belongs to the consumer; at least 1.
  package static var defaultWorkers: Int { max(CoreLimit.current.usable - 1, 1) }

  /// What a loader of its own takes; 8192 pixels a side is the largest image size.
  private static let table: [Setting<LoaderSettings>] = [
    Setting("batch", \.batch, .range(1...65_536, "images")),
    Setting("image_size", \.imageSize, .range(1...8192, "pixels")),
    Setting("workers", \.workers, .range(1...1024, "threads")),
    Setting("prefetch", \.prefetchDepth, .range(1...1024, "batches")),
  ]

  /// Throws `SettingError` for a value outside its range.
  func check() throws {
    for setting in Self.table { try setting.check(self) }
    guard rankCount >= 1, (0..<rankCount).contains(rank) else {
      throw SettingError("rank \(rank) of \(rankCount): give 0 to one below the number of ranks")
    }
    if case .training(let augmentation) = mode { try augmentation.check() }
  }
}
