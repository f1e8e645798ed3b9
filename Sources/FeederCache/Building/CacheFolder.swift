import FeederCore
import FeederDatasets
import Foundation

/// The folder that holds cache files, and their names: `DATA-PATHKEY-SPLIT-RECIPE-LISTKEY.feedercache`.
///
/// All that is in a name can be known before any image is opened: PATHKEY is the key of data.yaml's path, LISTKEY that
/// of versions, recipe and the paths of all images.
package struct CacheFolder: Sendable {
  /// Where the files lie; made when the first one is built.
  package let url: URL

  private static let ending = ".feedercache"

  /// `folder`, or by default `$XDG_CACHE_HOME/feeder`, else `~/.cache/feeder`.
  package init(_ folder: String?) {
    if let folder {
      url = URL(filePath: folder).absoluteURL
    } else {
      let chosen = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      let base = chosen.map { URL(filePath: $0) } ?? URL(filePath: NSHomeDirectory()).appending(path: ".cache")
      url = base.appending(path: "feeder")
    }
  }

  /// The path of the file for `entries` of a split made by `recipe`.
  package func path(_ dataset: Dataset, _ split: Split, _ recipe: CacheRecipe, _ entries: [DatasetEntry]) -> String {
    let key = Self.hex(Self.listKey(recipe, entries))
    return url.appending(path: Self.prefix(dataset) + "\(split.rawValue)-\(recipe.name)-\(key)\(Self.ending)").path
  }

  /// Where the decision of `--cache auto` for `entries` of a split lies: it depends on the channels asked for and the image size.
  func decisionPath(
    _ dataset: Dataset, _ split: Split, _ options: SourceOptions, _ entries: [DatasetEntry]
  ) -> String {
    let channels = options.channels.map { String($0) } ?? "n"
    let key = Self.hex(Self.listKey(.encoded, entries))
    let name = "\(split.rawValue)-auto-\(channels)x\(options.imageSize)-\(key)\(FormDecision.ending)"
    return url.appending(path: Self.prefix(dataset) + name).path
  }

  /// Removes decisions for older source lists of the same split and options.
  func removeSupersededDecisions(by path: String) throws {
    let common = path.dropLast(FormDecision.ending.count + 16)
    let names = try? FileManager.default.contentsOfDirectory(atPath: url.path)
    for name in names ?? [] where name.hasSuffix(FormDecision.ending) {
      let old = url.appending(path: name).path
      if old.hasPrefix(common), old != path { try Self.remove(old) }
    }
  }

  /// Where what a loader learned for `purpose`, a text that says machine, model and the like, lies for the next run.
  package func learnedPath(_ dataset: Dataset, purpose: String) -> String {
    url.appending(path: Self.prefix(dataset) + "learned-\(Self.hex(Self.text(purpose, after: 0)))\(Self.learnedEnding)")
      .path
  }

  private static let learnedEnding = ".learned.json"

  /// Key of versions, recipe and the names and paths of all images.
  static func listKey(_ recipe: CacheRecipe, _ entries: [DatasetEntry]) -> UInt64 {
    var key = text("\(CacheFormat.version) \(CacheFormat.decoderVersion) \(recipe.name)", after: 0)
    for entry in entries {
      key = text(entry.imageID, after: key)
      key = text(entry.imagePath, after: key)
    }
    return key
  }

  private static func text(_ text: String, after seed: UInt64) -> UInt64 {
    Checksum.xxh64(Array(text.utf8) + [0], seed: seed)
  }

  private static func prefix(_ dataset: Dataset) -> String {
    let name = dataset.root.lastPathComponent.unicodeScalars.map { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
        ? Character(scalar) : "_"
    }
    let path = dataset.configurationURL.resolvingSymlinksInPath().path
    return String(name.prefix(40)) + "-" + hex(text(path, after: 0)) + "-"
  }

  private static func hex(_ key: UInt64) -> String {
    let digits = String(key, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Cache files of a data set, finished ones first by name; empty where the folder is missing.
  package func files(of dataset: Dataset) throws -> [String] { try names(of: dataset) { $0.hasSuffix(Self.ending) } }

  /// Half-written files of a data set, left by builds that were killed or are at work.
  func unfinished(of dataset: Dataset) throws -> [String] {
    try names(of: dataset) { $0.hasSuffix(Self.temporaryEnding) }
  }

  private func names(of dataset: Dataset, where accept: (String) -> Bool) throws -> [String] {
    guard FileManager.default.fileExists(atPath: url.path) else { return [] }
    let prefix = Self.prefix(dataset)
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: url.path)
    } catch {
      throw CacheError.system(operation: "list it", path: url.path, reason: error.localizedDescription)
    }
    return names.filter { $0.hasPrefix(prefix) && accept($0) }.sorted().map { url.appending(path: $0).path }
  }

  /// Ending of a file that is being written, behind the name it will have.
  static let temporaryEnding = ".unfinished"

  /// Removes the files of a data set, half-written ones that nobody writes to included; returns paths and bytes.
  package func drop(_ dataset: Dataset) throws -> [(path: String, byteCount: Int)] {
    var dropped: [(path: String, byteCount: Int)] = []
    let notes = try names(of: dataset) { $0.hasSuffix(FormDecision.ending) || $0.hasSuffix(Self.learnedEnding) }
    for path in try files(of: dataset) + unfinished(of: dataset) + notes {
      if path.hasSuffix(Self.temporaryEnding), !TemporaryFile.isAbandoned(path) { continue }
      guard !path.hasSuffix(Self.ending) || CacheFormat.signature.mayReplace(path) else {
        throw CacheError.foreignFile(path: path)
      }
      let byteCount = Int(clamping: FileStamp.of(path).size)
      try Self.remove(path)
      dropped.append((path, byteCount))
    }
    return dropped
  }

  /// Files that one at `path` makes useless: those of the same split and recipe for other lists of sources.
  func superseded(by path: String, of dataset: Dataset, _ split: Split, _ recipe: CacheRecipe) throws -> [String] {
    let name = url.appending(path: Self.prefix(dataset) + "\(split.rawValue)-\(recipe.name)-").path
    return try files(of: dataset).filter { $0.hasPrefix(name) && $0 != path }
  }

  /// Removes what a new file at `path` makes useless, and leavings of builds that were killed. A file in use by another process
  /// stays readable to it.
  func removeSuperseded(by path: String, of dataset: Dataset, _ split: Split, _ recipe: CacheRecipe) throws {
    for old in try superseded(by: path, of: dataset, split, recipe) where CacheFormat.signature.mayReplace(old) {
      try Self.remove(old)
    }
    for old in try unfinished(of: dataset) where TemporaryFile.isAbandoned(old) { try Self.remove(old) }
  }

  private static func remove(_ path: String) throws {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw CacheError.system(operation: "remove it", path: path, reason: systemReason())
    }
  }

  /// Runs `body` while no other process is inside such a call for the same folder: processes that need the same cache build it
  /// once. Throws where the folder cannot be made or its lock file not be opened.
  package func alone<R>(_ body: () throws -> R) throws -> R {
    try make()
    let file = try OpenFile(url.appending(path: "feeder.lock").path, flags: O_RDWR | O_CREAT)
    while flock(file.descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        throw CacheError.system(operation: "lock it", path: file.path, reason: systemReason())
      }
    }
    // The lock goes with the descriptor, and the file stays: to remove it would let two processes in.
    return try body()
  }

  /// Makes the folder. Throws `CacheError.system` where that is refused.
  func make() throws {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw CacheError.system(
        operation: "make this folder for caches; name another with \(setting: "cache_dir")", path: url.path,
        reason: error.localizedDescription)
    }
  }

  /// Bytes that are free to the user on the folder's disk.
  package func freeByteCount() throws -> Int {
    guard let bytes = FreeSpace.byteCount(at: url.path) else {
      throw CacheError.system(operation: "ask for free space", path: url.path, reason: systemReason())
    }
    return bytes
  }
}
