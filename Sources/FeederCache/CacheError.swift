import FeederCore

/// What goes wrong between source files, cache files and pixels; each message names the file and what to do.
package enum CacheError: SettingsError, Equatable {
  /// An image file that does not give pixels; costs one image, not the run.
  case damagedImage(path: String, reason: String)
  /// A cache file that is not as the format asks.
  case damagedFile(path: String, problem: String)
  /// A file in a cache file's place that Feeder did not write.
  case foreignFile(path: String)
  /// A cache file of another version of this program.
  case otherVersion(path: String, version: Int, known: Int)
  /// Sources that changed while they were being read.
  case changedSource(path: String)
  /// Not enough room on the disk.
  case noSpace(folder: String, needed: Int, free: Int)
  /// The system refused an operation.
  case system(operation: SettingLine, path: String, reason: String)
  /// A split in which no image is readable.
  case nothingReadable(folder: String, first: String)

  /// True where the cache file is at fault, and not an image.
  var isOfCacheFile: Bool {
    switch self {
    case .damagedFile, .system: true
    default: false
    }
  }

  /// One line.
  package var line: SettingLine {
    switch self {
    case .damagedImage(let path, let reason): return "\(path): \(reason)"
    case .damagedFile(let path, let problem):
      return
        "\(path): damaged cache file (\(problem)); remove it with 'feeder cache drop DATA', it is rebuilt from the "
        + "sources"
    case .foreignFile(let path):
      return
        "\(path): is no cache file, and nothing is written over it; move it away, or name another folder with "
        + "\(setting: "cache_dir")"
    case .otherVersion(let path, let version, let known):
      return
        "\(path): cache format \(version), and this program reads \(known); remove it with 'feeder cache drop DATA'"
    case .changedSource(let path): return "\(path): changed while it was being read; run the command again"
    case .noSpace(let folder, let needed, let free):
      return
        "\(folder): the cache needs \(ByteCount(needed)) (\(needed) bytes), and \(ByteCount(free)) (\(free) bytes) are "
        + "free; free some, name another folder with \(setting: "cache_dir"), or go without with "
        + "\(setting: "cache") none"
    case .system(let operation, let path, let reason): return "\(path): cannot \(operation) (\(reason))"
    case .nothingReadable(let folder, let first):
      return "\(folder): not one image is readable; the first: \(first)"
    }
  }
}
