import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederLoader
import FeederRun
import Foundation

/// `feeder cache build|info|verify|drop`: works on the cache files of a data set.
struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Builds, describes, verifies or removes the cache files of a data set.",
    discussion: "The files can always be rebuilt from the data set; docs/cache-format.md describes them byte by byte.",
    subcommands: [CacheBuild.self, CacheInfo.self, CacheVerify.self, CacheDrop.self])
}

/// Flags of the subcommands that do not build.
struct CacheLocation: ParsableArguments {
  @Argument(help: "A data.yaml, or the folder that holds one.")
  var data: String
  @Option(help: "Folder of cache files; by default $XDG_CACHE_HOME/feeder, else ~/.cache/feeder.")
  var cacheDir: String?
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  /// The data set. Bad label lines are left out here; only the command that builds a cache file refuses them.
  func dataset() throws -> Dataset { try Dataset.open(data, skipsBadLabels: true) }

  /// The images of a split; none if the data set no longer has it.
  func entries(_ dataset: Dataset, _ split: Split) throws -> [DatasetEntry] {
    try dataset.splits.contains(split) ? dataset.entries(split) : []
  }
}

/// `feeder cache build`: writes cache files.
struct CacheBuild: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Writes the cache files of all splits if they are missing or out of date.")

  @Argument(help: "A data.yaml, or the folder that holds one.")
  var data: String
  @OptionGroup var options: DataOptions
  @OptionGroup var tiles: TileFlags
  @Option(
    name: .customLong("image-size"),
    help: """
      Side of the square images that the network sees, \(LoaderSettings.imageSizes.allowed). (default: \
      \(LoaderSettings.standardImageSize))
      """)
  var givenImageSize: Int?
  @Flag(help: "Write the files even if they are up to date.")
  var rebuild = false
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  private var imageSize: Int { givenImageSize ?? LoaderSettings.standardImageSize }

  func validate() throws {
    if options.cache == .none { throw ValidationError("--cache none has no file to build") }
    try LoaderSettings.imageSizes.validate(imageSize, "image_size")
  }

  private func sayIdleFlags() {
    guard options.cache == .jpeg else { return }
    if givenImageSize != nil { IdleFlags.say("--image-size", "--cache jpeg keeps the files as they are") }
    if options.channels != .auto { IdleFlags.say("--channels", "--cache jpeg keeps the files as they are") }
  }

  func run() throws {
    let dataset = try options.dataset(data)
    sayIdleFlags()
    let tiling = try tiles.tiling(try dataset.entries(.train), imageSize: imageSize, say: Terminal.say)
    let opener = options.opener(dataset, imageSize: imageSize, tileSide: tiling?.side)
    var files: [CacheFileReport] = []
    for split in dataset.splits {
      let start = ContinuousClock.now
      let opened: OpenedSource
      do {
        opened = try opener.open(split, rebuild: rebuild)
      } catch CacheError.noSpace(let folder, let needed, let free) {  // to go without, as it advises, is no use here
        throw CommandError(
          "\(folder): the cache needs \(ByteCount(needed)) (\(needed) bytes), and \(ByteCount(free)) (\(free) bytes) are "
            + "free; free some, or name another folder with --cache-dir")
      }
      guard let file = opened.file else { continue }
      var report = CacheFileReport(file, state: "fresh")
      report.channels = opened.source.channels
      report.wasBuilt = opened.wasBuilt
      report.seconds = (ContinuousClock.now - start) / .seconds(1)
      for damaged in file.damagedImages { Terminal.say("damaged: \(damaged.imageID) \(damaged.reason)") }
      files.append(report)
    }
    let lines = files.map { ($0.wasBuilt == true ? "built " : "already there: ") + $0.line }
    try Terminal.show(lines, json: json, ["files": files])
  }
}

/// `feeder cache info`: lists cache files.
struct CacheInfo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Lists the cache files of a data set and whether they are up to date.")

  @OptionGroup var location: CacheLocation

  func run() throws {
    let dataset = try location.dataset()
    let folder = CacheFolder(location.cacheDir)
    var files: [CacheFileReport] = []
    for path in try folder.files(of: dataset) {
      do {
        let file = try CacheFile(path: path)
        let change = file.change(since: try location.entries(dataset, file.split))
        files.append(CacheFileReport(file, state: change.map { "out of date: \($0)" } ?? "fresh"))
      } catch let error as CacheError {
        files.append(CacheFileReport(damaged: path, state: Terminal.words(error)))
      }
    }
    let lines = files.isEmpty ? [folder.absence(of: dataset)] : files.map(\.line)
    try Terminal.show(lines, json: location.json, ["files": files])
  }
}

/// `feeder cache drop`: removes cache files.
struct CacheDrop: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drop", abstract: "Removes the cache files of a data set.")

  private struct Report: Encodable {
    let files: [String]
    let freedBytes: Int
  }

  @OptionGroup var location: CacheLocation

  func run() throws {
    let dataset = try location.dataset()
    let folder = CacheFolder(location.cacheDir)
    let dropped = try folder.drop(dataset)
    let freed = dropped.reduce(0) { $0 + $1.byteCount }
    let lines =
      dropped.isEmpty
      ? [folder.absence(of: dataset)] : dropped.map { "removed \($0.path) (\(ByteCount($0.byteCount)))" }
    try Terminal.show(lines, json: location.json, Report(files: dropped.map(\.path), freedBytes: freed))
  }
}

extension CacheFolder {
  /// The line for a data set without cache files in this folder.
  fileprivate func absence(of dataset: Dataset) -> String {
    "no cache files of \(dataset.configurationURL.path) in \(url.path)"
  }
}

/// What the subcommands print about one file.
struct CacheFileReport: Encodable {
  let path: String
  let state: String
  var split: String?
  var form: String?
  var channels: Int?
  var imageSize: Int?
  var imageCount: Int?
  var damagedCount: Int?
  var bytes: Int?
  var contentKey: String?
  var wasBuilt: Bool?
  var seconds: Double?

  /// Report on a file that could be opened.
  init(_ file: CacheFile, state: String) {
    path = file.path
    self.state = state
    split = file.split.rawValue
    form = file.recipe.form.rawValue
    if file.recipe.form != .encoded { channels = file.recipe.channels }
    if file.recipe.form == .pixels { imageSize = file.recipe.imageSize }
    imageCount = file.count
    damagedCount = file.damagedImages.count
    bytes = file.byteCount
    contentKey = String(file.contentKey, radix: 16)
  }

  /// Report on a file that could not be opened.
  init(damaged path: String, state: String) {
    self.path = path
    self.state = state
  }

  /// One line for people.
  var line: String {
    guard let split, let form, let imageCount, let bytes else { return state }
    let shape =
      (channels.map { ", \($0) x 8 bits per pixel" } ?? "") + (imageSize.map { " for image size \($0)" } ?? "")
    let damaged = damagedCount.map { $0 > 0 ? ", \($0) damaged" : "" } ?? ""
    return "\(split) as \(form)\(shape): \(imageCount) images\(damaged), \(ByteCount(bytes)), \(state), \(path)"
  }
}
