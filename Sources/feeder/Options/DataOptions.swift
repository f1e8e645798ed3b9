import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederRun
import FeederTraining

/// The flags of every command that reads a data set: the cache form, its folder, and the memory.
struct DataOptions: ParsableArguments {
  /// The value of `--channels`.
  enum Channels: String, ExpressibleByArgument, CaseIterable {
    case auto
    case one = "1"
    case three = "3"

    /// The number of channels; nil for auto.
    var count: Int? { Int(rawValue) }
  }

  @Option(
    help: """
      How images are kept: jpeg (the files' bytes), pixels (decoded), none (read from the files each time), or auto: \
      whichever of jpeg and pixels is predicted to be faster here; measured once and remembered.
      """)
  var cache = CacheChoice.auto
  @Option(help: "Folder of cache files; by default $XDG_CACHE_HOME/feeder, else ~/.cache/feeder.")
  var cacheDir: String?
  @Option(
    name: .customLong("memory"),
    help: "Bytes that the run may use, such as 512MiB or 2GiB. (default: a quarter of what is available, at most 2GiB)")
  var givenMemory: ByteCount?
  @Option(help: "Channels of the images: 1, 3, or auto: 1 when at least 95 % of the images are grey.")
  var channels = Channels.auto
  @OptionGroup var levels: LevelFlags
  @Flag(help: "Leave bad label lines out and count them, instead of refusing the data set.")
  var skipBadLabels = false

  func validate() throws {
    if givenMemory?.bytes == 0 { throw ValidationError("--memory 0: give \(SettingTable.memory.allowed)") }
  }

  /// The value of `--memory`, by default `MemoryLimit`'s.
  var memory: ByteCount { givenMemory ?? DefaultMemory.bytes }

  /// The options of the cache, for images of `imageSize` pixels per side. `training` are the images that the weights in use were
  /// trained on.
  func sourceOptions(imageSize: Int, training: LevelOptions.Training? = nil, tileSide: Int? = nil) -> SourceOptions {
    var options = SourceOptions(imageSize: imageSize, memory: memory.bytes)
    options.cache = cache
    options.cacheFolder = cacheDir
    options.channels = channels.count
    options.tileSide = tileSide
    options.levels = levels.options(training: training)
    if cache == .none, cacheDir != nil { IdleFlags.say("--cache-dir", "--cache none keeps no file") }
    return options
  }

  /// Opens the data set `data` as the flags say. Throws `DatasetError`.
  func dataset(_ data: String) throws -> Dataset { try Dataset.open(data, skipsBadLabels: skipBadLabels) }

  /// Opens splits as the flags say. Lines and progress go to stderr.
  func opener(
    _ dataset: Dataset, imageSize: Int, training: LevelOptions.Training? = nil, tileSide: Int? = nil
  ) -> SourceOpener {
    SourceOpener(
      reporting: dataset, sourceOptions(imageSize: imageSize, training: training, tileSide: tileSide))
  }
}

extension CacheChoice: ExpressibleByArgument {}

extension ByteCount: ExpressibleByArgument {
  /// Reads a value such as `512MiB`.
  package init?(argument: String) { self.init(text: argument) }
}
