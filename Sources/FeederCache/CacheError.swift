import FeederCore

/// An error in source files, cache files or pixels. Each message names the file and the remedy.
package enum CacheError: SettingsError, Equatable {
  /// An image file that gives no pixels. The run loses one image and goes on.
  case damagedImage(path: String, reason: String)
  /// A cache file that violates the format.
  case damagedFile(path: String, problem: String)
  /// A file with the name of a cache file that Feeder did not write.
  case foreignFile(path: String)
  /// A cache file of another version of this program.
  case otherVersion(path: String, version: Int, known: Int)
  /// A source that changed during a read.
  case changedSource(path: String)
  /// Too little space on the disk; both numbers are bytes.
  case noSpace(folder: String, needed: Int, free: Int)
  /// An image that must be in memory as a whole to be cached in tiles, and takes more than the run may use; both numbers are
  /// bytes.
  case memory(path: String, needed: Int, budget: Int)
  /// The system refused an operation.
  case system(operation: SettingLine, path: String, reason: String)
  /// A split in which no image is readable.
  case nothingReadable(folder: String, first: String)

  /// True if the cache file is at fault, not an image.
  var isOfCacheFile: Bool {
    switch self {
    case .damagedFile, .system: true
    default: false
    }
  }

  /// The file, the fault and the remedy, in one line.
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
    case .memory(let path, let needed, let budget):
      return
        "\(path): takes \(ByteCount(needed)) at once to be cut into tiles, because it is turned by its orientation, "
        + "interlaced, progressive or a WebP, and \(setting: "memory") allows \(ByteCount(budget)); save it upright and "
        + "plain, or give more with \(setting: "memory")"
    case .system(let operation, let path, let reason): return "\(path): cannot \(operation) (\(reason))"
    case .nothingReadable(let folder, let first):
      return "\(folder): not one image is readable; the first: \(first)"
    }
  }
}
