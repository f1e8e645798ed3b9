import FeederCore
import FeederDatasets
import FeederFiles
import Foundation

/// The folder of the cache files. It gives them their names: `DATA-PATHKEY-SPLIT-RECIPE-LISTKEY.feedercache`.
///
/// A name needs no look at any image: PATHKEY is the key of data.yaml's path; LISTKEY is the key of versions, recipe
/// and the names and paths of all images.
package struct CacheFolder: Sendable {
  /// The folder. It is created when the first file is built.
  package let url: URL

  private static let ending = ".feedercache"

  /// The folder at path `folder`; by default `$XDG_CACHE_HOME/feeder`, else `~/.cache/feeder`.
  package init(_ folder: String?) {
    if let folder {
      url = URL(filePath: folder).absoluteURL
    } else {
      let chosen = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      let base = chosen.map { URL(filePath: $0) } ?? URL(filePath: NSHomeDirectory()).appending(path: ".cache")
      url = base.appending(path: "feeder")
    }
  }

  /// The path of the cache file for `entries` of a split, in the form of `recipe`.
  package func path(_ dataset: Dataset, _ split: Split, _ recipe: CacheRecipe, _ entries: [DatasetEntry]) -> String {
    let key = Self.hex(Self.listKey(recipe, entries))
    return url.appending(path: Self.prefix(dataset) + "\(split.rawValue)-\(recipe.name)-\(key)\(Self.ending)").path
  }

  /// The path of the decision of `--cache auto` for `entries` of a split. It depends on the requested channels and the
  /// image size.
  func decisionPath(
    _ dataset: Dataset, _ split: Split, _ options: SourceOptions, _ entries: [DatasetEntry]
  ) -> String {
    let channels = options.channels.map { String($0) } ?? "n"
    let key = Self.hex(Self.listKey(.encoded, entries))
    let name = "\(split.rawValue)-auto-\(channels)x\(options.imageSize)-\(key)\(FormDecision.ending)"
    return url.appending(path: Self.prefix(dataset) + name).path
  }

  /// Removes decisions for older source lists of the same split and options. Throws `CacheError.system` if one cannot
  /// be removed.
  func removeSupersededDecisions(by path: String) throws {
    let common = path.dropLast(FormDecision.ending.count + 16)
    let names = try? FileManager.default.contentsOfDirectory(atPath: url.path)
    for name in names ?? [] where name.hasSuffix(FormDecision.ending) {
      let old = url.appending(path: name).path
      if old.hasPrefix(common), old != path { try Self.remove(old) }
    }
  }

  /// The path of the loader's learned setting for the next run. `purpose` is a text that names machine, model and so
  /// on.
  package func learnedPath(_ dataset: Dataset, purpose: String) -> String {
    url.appending(path: Self.prefix(dataset) + "learned-\(Self.hex(Self.text(purpose, after: 0)))\(Self.learnedEnding)")
      .path
  }

  private static let learnedEnding = ".learned.json"

  /// The key of versions, recipe and the names and paths of all images.
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

  /// Paths of the finished cache files of a data set, sorted by name; empty if the folder is missing. Throws
  /// `CacheError.system` if the folder cannot be listed.
  package func files(of dataset: Dataset) throws -> [String] { try names(of: dataset) { $0.hasSuffix(Self.ending) } }

  /// Unfinished files of a data set, from builds that are running or were killed. Throws as `files`.
  func unfinished(of dataset: Dataset) throws -> [String] {
    try names(of: dataset) { $0.hasSuffix(Self.temporaryEnding) }
  }

  private func names(of dataset: Dataset, _ accept: (String) -> Bool) throws -> [String] {
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

  /// The suffix of a file that is being written, after its final name.
  static let temporaryEnding = ".unfinished"

  /// Removes all files of a data set, except unfinished ones of running builds. Returns the paths and bytes of the
  /// removed files. Throws `CacheError.foreignFile` if Feeder did not write a file, and `.system` if one cannot be
  /// listed or removed.
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

  /// Files that a new one at `path` replaces: same split and recipe, other source lists. Throws as `files`.
  func superseded(by path: String, of dataset: Dataset, _ split: Split, _ recipe: CacheRecipe) throws -> [String] {
    let name = url.appending(path: Self.prefix(dataset) + "\(split.rawValue)-\(recipe.name)-").path
    return try files(of: dataset).filter { $0.hasPrefix(name) && $0 != path }
  }

  /// Removes the files that a new one at `path` replaces, and unfinished files of killed builds. A process that has
  /// such a file open can still read it. Throws `CacheError.system`.
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

  /// Runs `body` while no other process runs such a call for the same folder: processes that need the same cache build
  /// it once. Throws `CacheError.system` if the folder cannot be created or its lock file not be opened, and what
  /// `body` throws.
  package func alone<R>(_ body: () throws -> R) throws -> R {
    try make()
    let file = try OpenFile(url.appending(path: "feeder.lock").path, flags: O_RDWR | O_CREAT)
    while flock(file.descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        throw CacheError.system(operation: "lock it", path: file.path, reason: systemReason())
      }
    }
    // Closing the descriptor releases the lock. The file stays: if it were removed, two processes could hold the lock.
    return try body()
  }

  /// Creates the folder. Throws `CacheError.system` if the system refuses.
  func make() throws {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw CacheError.system(
        operation: "make this folder for caches; name another with \(setting: "cache_dir")", path: url.path,
        reason: error.localizedDescription)
    }
  }

  /// Bytes that the user may still write on the folder's disk. Throws `CacheError.system` if the system does not say.
  package func freeByteCount() throws -> Int {
    guard let bytes = FreeSpace.byteCount(at: url.path) else {
      throw CacheError.system(operation: "ask for free space", path: url.path, reason: systemReason())
    }
    return bytes
  }
}
