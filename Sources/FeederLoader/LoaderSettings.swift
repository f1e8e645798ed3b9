import FeederCache
import FeederCore

/// The augmentation of training images, with the defaults of all Feeder programs.
package struct AugmentationSettings: Sendable, Equatable {
  /// Probability that an image becomes a mosaic of four.
  package var mosaic = 1.0
  /// Largest shift of the image's centre, as a share of the image size, 0 to 0.5.
  package var translate = 0.1
  /// Largest change of scale, 0 to below 1: the gain is uniform from 1 - scale to 1 + scale.
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
  /// Largest rotation in either direction, in degrees, 0 to 180.
  package var degrees = 0.0
  /// Largest shear in either direction along each axis, in degrees, 0 to 44.
  package var shear = 0.0
  /// Largest perspective in either direction along each axis, 0 to 0.001: the change of depth per canvas pixel.
  package var perspective = 0.0

  /// The defaults that YOLOv8 trainers use.
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
    // From 45 degrees on, two shears may fold the image into a line.
    Setting("shear", \.shear, .range(0...44, "degrees"), help: "Largest shear either way, in degrees."),
    Setting("perspective", \.perspective, .range(0...0.001), help: "Largest perspective either way, 0 to 0.001."),
    Setting("mosaic", \.mosaic, .share(0...1), help: "Probability of a mosaic of four images."),
  ]

  /// Throws `SettingError` if a value is out of its range.
  package func check() throws { for setting in Self.table { try setting.check(self) } }
}

/// The content that a loader delivers.
package enum LoaderMode: Sendable, Equatable {
  /// A new order and new augmentation each epoch.
  case training(AugmentationSettings)
  /// Each image once, in the data set's order, letterboxed.
  case validation
}

/// All settings of a loader. Only `seed`, `imageSize`, `mode`, `tiling` and the data decide the stream; the others decide
/// the speed.
package struct LoaderSettings: Sendable, Equatable {
  /// Batch size in images. The last batch of an epoch may hold fewer.
  package var batch: Int
  /// Side of the square output images, in pixels.
  package var imageSize: Int
  /// Seed of order and augmentation.
  package var seed: UInt64
  /// Workers at the start.
  package var workers: Int
  /// Batches that may be ready or in work besides the one that the consumer holds, at the start.
  package var prefetchDepth: Int
  /// Training or validation.
  package var mode: LoaderMode
  /// Limit in bytes for slots and scratch together; nil for none.
  package var memoryBudget: Int?
  /// The rank of this process, counted from 0. The ranks share each epoch.
  package var rank = 0
  /// Number of ranks.
  package var rankCount = 1
  /// How boards are cut in tiles; nil for whole images.
  package var tiling: Tiling?
  /// Share of the images that may be damaged before the run stops. One damaged image is always accepted.
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

  /// The default batch size of every program, in images.
  package static let standardBatch = 16
  /// The default image size of every program, in pixels.
  package static let standardImageSize = 640

  /// The default prefetch depth.
  package static let defaultPrefetchDepth = 4

  /// The default number of workers: all cores but one, which the consumer uses; at least 1.
  package static var defaultWorkers: Int { max(CoreLimit.current.usable - 1, 1) }

  /// The values of a batch size.
  package static let batches = SettingKind<Int>.range(1...4096, "images")
  /// The values of an image size, for work without a network.
  package static let imageSizes = SettingKind<Int>.range(1...8192, "pixels")
  /// The values of a number of threads.
  package static let threads = SettingKind<Int>.range(1...1024, "threads")
  /// The values of a prefetch depth.
  package static let depths = SettingKind<Int>.range(1...1024, "batches")

  /// A loader's own settings.
  private static let table: [Setting<LoaderSettings>] = [
    Setting("batch", \.batch, batches), Setting("image_size", \.imageSize, imageSizes),
    Setting("workers", \.workers, threads), Setting("prefetch", \.prefetchDepth, depths),
  ]

  /// Throws `SettingError` if a value is out of its range.
  package func check() throws {
    for setting in Self.table { try setting.check(self) }
    guard rankCount >= 1, (0..<rankCount).contains(rank) else {
      throw SettingError("rank \(rank) of \(rankCount): give 0 to one below the number of ranks")
    }
    if case .training(let augmentation) = mode { try augmentation.check() }
  }
}
