import FeederCache
import FeederDatasets
import FeederProfiling
import Foundation

/// Measures the storage that a run reads from.
package enum StorageReport {
  private static let byteCount = 64 << 20
  private static let limit = Duration.milliseconds(700)
  private static let imageCount = 4096

  /// Facts about the storage of the cache folder, and of the data set if given. Throws if the data set cannot be read.
  package static func facts(_ dataset: Dataset?, _ cache: CacheFolder) throws -> [MachineFacts.Storage] {
    var all: [MachineFacts.Storage] = []
    if let dataset {
      let paths = try dataset.splits.flatMap { try dataset.entries($0).prefix(imageCount).map(\.imagePath) }
      let sizes = paths.map { StorageProbe.byteCount(of: $0) }.filter { $0 > 0 }
      let rate = StorageProbe.readRate(of: paths, byteCount: byteCount, within: limit)
      all.append(
        MachineFacts.Storage(
          // The images may be links to other storage.
          use: "data", folder: dataset.root.path, fileSystem: fileSystem(of: paths.first ?? dataset.root.path),
          freeByteCount: freeByteCount(dataset.root), bytesPerSecond: rate > 0 ? rate : nil,
          problem: rate > 0 ? nil : "\(dataset.root.path): not one of its images could be read",
          fileByteCount: Double(sizes.reduce(0, +)) / Double(max(sizes.count, 1))))
    }
    // The cache folder may not exist yet: take its nearest parent that does.
    var folder = cache.url.standardizedFileURL
    while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) { folder.deleteLastPathComponent() }
    var (rate, problem): (Double?, String?)
    do {
      rate = try StorageProbe.readRate(under: folder, byteCount: byteCount, within: limit)
    } catch let error as CacheError {
      problem = Terminal.words(error)
    }
    all.append(
      MachineFacts.Storage(
        use: "cache", folder: folder.path, fileSystem: fileSystem(of: folder.path),
        freeByteCount: freeByteCount(folder),
        bytesPerSecond: rate, problem: problem))
    return all
  }

  private static func freeByteCount(_ folder: URL) -> Int { (try? CacheFolder(folder.path).freeByteCount()) ?? 0 }

  /// Type of the file system that holds `path`: of the longest matching mount, the last one. "unknown" if there is
  /// none.
  private static func fileSystem(of path: String) -> String {
    let path = URL(filePath: path).resolvingSymlinksInPath().path
    // The kernel returns this file page by page, so read to its end.
    let mounts = (try? FileHandle(forReadingAtPath: "/proc/self/mounts")?.readToEnd()) ?? Data()
    var (best, type) = (-1, "unknown")
    for line in String(decoding: mounts, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 2 else { continue }
      // The kernel writes a space in a name as \040.
      let mount = words[1].replacing("\\040", with: " ")
      let fits = mount == "/" || path == mount || path.hasPrefix(mount + "/")
      if fits, mount.count >= best { (best, type) = (mount.count, String(words[2])) }
    }
    return type
  }
}
