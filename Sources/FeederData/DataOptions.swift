import FeederCache
import FeederLoader

/// What a `DataLoader` delivers and what it may use; the defaults are those of the command line.
public struct DataOptions: Sendable {
  /// A part of a data set.
  public enum Split: Sendable {
    /// Shuffled, with mosaic, scale, shift, flip and colours.
    case train
    /// In the data set's order, letterboxed.
    case val
    /// As `val`, of a data set that keeps images back.
    case test
  }

  /// How images are kept; the pixels delivered are the same in every form.
  public enum Cache: String, Sendable {
    /// Chosen for this machine and data.
    case auto
    /// The files' bytes in one mapped file, decoded at each use.
    case jpeg
    /// Decoded pixels in one mapped file.
    case pixels
    /// The files themselves, read at each use.
    case none
  }

  /// The part to deliver.
  public var split = Split.train
  /// Leaves bad label lines out instead of refusing the data set.
  public var skipsBadLabels = false
  /// Images a batch.
  public var batch = 16
  /// Side of the square images in pixels.
  public var imageSize = 640
  /// Seed of order and augmentation.
  public var seed: UInt64 = 0
  /// Planes an image, 1 or 3; nil takes 1 where at least 95 % of the images are grey.
  public var channels: Int?
  /// Bytes that batches and working memory may take; by default a quarter of what this process may have, at most 2 GiB.
  public var memory = MemoryLimit().defaultBudget
  /// How images are kept.
  public var cache = Cache.auto
  /// Folder of cache files; nil takes `$XDG_CACHE_HOME/feeder`, else `~/.cache/feeder`.
  public var cacheFolder: String?
  /// Threads that decode and augment; nil leaves one core to the caller.
  public var workers: Int?
  /// Batches made ahead.
  public var prefetchDepth = LoaderSettings.defaultPrefetchDepth
  /// Which of several processes this is: of each global batch, rank r of N takes images r, r + N and so on.
  public var rank = 0
  /// Processes that share each epoch.
  public var rankCount = 1
  /// Probability of a mosaic of four.
  public var mosaic = Self.standard.mosaic
  /// Largest shift, in image sizes.
  public var translate = Self.standard.translate
  /// Largest change of scale.
  public var scale = Self.standard.scale
  /// Probability of a horizontal flip.
  public var fliplr = Self.standard.fliplr
  /// Probability of a vertical flip.
  public var flipud = Self.standard.flipud
  /// Largest rotation either way, in degrees; 0 to 180.
  public var degrees = Self.standard.degrees
  /// Largest shear either way, in degrees; 0 to 44.
  public var shear = Self.standard.shear
  /// Largest perspective either way, 0 to 0.001.
  public var perspective = Self.standard.perspective
  /// Largest relative changes of hue, saturation and value.
  public var hsv = (hue: Self.standard.hsvH, saturation: Self.standard.hsvS, value: Self.standard.hsvV)

  private static let standard = AugmentationSettings()

  /// The defaults.
  public init() {}

  /// Bytes, form and folder in the cache's words.
  var sourceOptions: SourceOptions {
    var options = SourceOptions(imageSize: imageSize, memory: memory)
    options.cache = CacheChoice(rawValue: cache.rawValue) ?? .auto
    options.cacheFolder = cacheFolder
    options.channels = channels
    return options
  }

  var loaderSettings: LoaderSettings {
    var augmentation = AugmentationSettings()
    augmentation.mosaic = mosaic
    augmentation.translate = translate
    augmentation.scale = scale
    augmentation.fliplr = fliplr
    augmentation.flipud = flipud
    augmentation.degrees = degrees
    augmentation.shear = shear
    augmentation.perspective = perspective
    (augmentation.hsvH, augmentation.hsvS, augmentation.hsvV) = hsv
    var settings = LoaderSettings(
      batch: batch, imageSize: imageSize, mode: split == .train ? .training(augmentation) : .validation, seed: seed,
      prefetchDepth: prefetchDepth, memoryBudget: memory)
    if let workers { settings.workers = workers }
    settings.rank = rank
    settings.rankCount = rankCount
    return settings
  }
}
