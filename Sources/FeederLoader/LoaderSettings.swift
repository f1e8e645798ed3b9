import FeederCache
import Foundation

/// How training images are changed; the names and defaults are those of the command's flags.
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

  /// Throws `LoaderError.badSetting` for a value outside its range, naming the flag.
  package func check() throws {
    func check(_ flag: String, _ value: Double, _ bounds: ClosedRange<Double>, _ words: String) throws {
      if !bounds.contains(value) { throw LoaderError.badSetting("--\(flag) \(value): give \(words)") }
    }
    let shares = [
      ("mosaic", mosaic), ("fliplr", fliplr), ("flipud", flipud), ("hsv-h", hsvH), ("hsv-s", hsvS), ("hsv-v", hsvV),
    ]
    for (flag, value) in shares { try check(flag, value, 0...1, "a share from 0 to 1") }
    try check("translate", translate, 0...0.5, "a share from 0 to 0.5")
    try check("scale", scale, 0...0.95, "a share from 0 to 0.95")
    try check("degrees", degrees, 0...180, "0 to 180 degrees")
    try check("shear", shear, 0...44, "0 to 44 degrees")  // from 45 on, two shears may fold the picture into a line
    try check("perspective", perspective, 0...0.001, "0 to 0.001")
  }
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
    prefetchDepth: Int = 4, memoryBudget: Int? = nil
  ) {
    self.batch = batch
    self.imageSize = imageSize
    self.seed = seed
    self.workers = workers
    self.prefetchDepth = prefetchDepth
    self.mode = mode
    self.memoryBudget = memoryBudget
  }

  /// All cores but one, which belongs to the consumer; at least 1.
  package static var defaultWorkers: Int { max(CoreLimit.current.usable - 1, 1) }

  /// Throws `LoaderError.badSetting` for a value outside its range. 8192 pixels a side is the largest image size.
  func check() throws {
    guard (1...65_536).contains(batch) else { throw LoaderError.badSetting("--batch \(batch): give 1 to 65536 images") }
    guard (1...8192).contains(imageSize) else {
      throw LoaderError.badSetting("--image-size \(imageSize): give 1 to 8192 pixels")
    }
    guard (1...1024).contains(workers) else {
      throw LoaderError.badSetting("\(workers) loader workers: give 1 to 1024")
    }
    guard (1...1024).contains(prefetchDepth) else {
      throw LoaderError.badSetting("prefetch depth \(prefetchDepth): give 1 to 1024")
    }
    guard rankCount >= 1, (0..<rankCount).contains(rank) else {
      throw LoaderError.badSetting("rank \(rank) of \(rankCount): give 0 to one below the number of ranks")
    }
    if case .training(let augmentation) = mode { try augmentation.check() }
  }
}
