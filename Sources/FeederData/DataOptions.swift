import FeederCache
import FeederLoader

/// What a `DataLoader` delivers and what it may use. The defaults are the command line's.
public struct DataOptions: Sendable {
  /// A part of a data set.
  public enum Split: Sendable {
    /// Shuffled and augmented: mosaic, scale, shift, flip and colours.
    case train
    /// In the data set's order, letterboxed.
    case val
    /// As `val`, from the images that the data set holds back for the final test.
    case test
  }

  /// How images are stored. Every form delivers the same pixels.
  public enum Cache: String, Sendable {
    /// The form that is predicted to be faster for this machine and data.
    case auto
    /// The files' bytes in one mapped file. Images are decoded at each use.
    case jpeg
    /// Decoded pixels in one mapped file.
    case pixels
    /// No cache file. The images' own files are read and decoded at each use.
    case none
  }

  /// The split to deliver.
  public var split = Split.train
  /// Leaves bad label lines out. If false, a bad label line makes opening the data set fail.
  public var skipsBadLabels = false
  /// Images per batch.
  public var batch = LoaderSettings.standardBatch
  /// Side of the square images in pixels.
  public var imageSize = LoaderSettings.standardImageSize
  /// Seed of the order and the augmentation.
  public var seed: UInt64 = 0
  /// Planes per image, 1 or 3. Nil takes 1 if at least 95 % of the images are grey, else 3.
  public var channels: Int?
  /// Levels that become black and white in images of more than 8 bits: "auto", "full" or "BLACK,WHITE" such as "200,3900". "auto" takes
  /// the window in data.yaml, else the full one.
  public var window = "auto"
  /// Curve from black to white in images of more than 8 bits: "auto", "linear" or "sqrt". "auto" takes the curve in data.yaml, else
  /// "linear".
  public var curve = "auto"
  /// Bytes that batches and working memory may take. By default a quarter of the available memory, at most 2 GiB.
  public var memory = MemoryLimit().defaultBudget
  /// How images are stored.
  public var cache = Cache.auto
  /// Folder of the cache files. Nil takes `$XDG_CACHE_HOME/feeder`, else `~/.cache/feeder`.
  public var cacheFolder: String?
  /// Threads that decode and augment. Nil leaves one core to the caller.
  public var workers: Int?
  /// Batches filled ahead of the caller.
  public var prefetchDepth = LoaderSettings.defaultPrefetchDepth
  /// Number of this process, from 0, if several share each epoch. Rank r of N takes images r, r + N, ... of each global
  /// batch.
  public var rank = 0
  /// Processes that share each epoch.
  public var rankCount = 1
  /// Probability of a mosaic of four images.
  public var mosaic = Self.standard.mosaic
  /// Largest shift, as a share of the image size.
  public var translate = Self.standard.translate
  /// Largest relative change of scale.
  public var scale = Self.standard.scale
  /// Probability of a horizontal flip.
  public var fliplr = Self.standard.fliplr
  /// Probability of a vertical flip.
  public var flipud = Self.standard.flipud
  /// Largest rotation in either direction, in degrees: 0 to 180.
  public var degrees = Self.standard.degrees
  /// Largest shear in either direction, in degrees: 0 to 44.
  public var shear = Self.standard.shear
  /// Largest perspective in either direction: 0 to 0.001.
  public var perspective = Self.standard.perspective
  /// Largest relative changes of hue, saturation and value.
  public var hsv = (hue: Self.standard.hsvH, saturation: Self.standard.hsvS, value: Self.standard.hsvV)

  private static let standard = AugmentationSettings()

  /// The defaults.
  public init() {}

  /// The options of the cache. Throws `SettingError` for a value that is out of its range.
  func sourceOptions() throws -> SourceOptions {
    try SourceOptions.channelCounts.check(channels, "channels")
    try LoaderSettings.imageSizes.check(imageSize, "image_size")
    var options = SourceOptions(imageSize: imageSize, memory: memory)
    options.cache = CacheChoice(rawValue: cache.rawValue) ?? .auto
    options.cacheFolder = cacheFolder
    options.channels = channels
    options.levels = try LevelOptions(window: window, curve: curve)
    return options
  }

  /// The settings of the loader.
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
