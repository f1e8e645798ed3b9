import FeederCore
import FeederDatasets
import Synchronization

/// Compares the contents of a cache file with its checksums and with its sources.
package struct CacheVerification: Sendable {
  /// A difference from the state at the build.
  package struct Finding: Sendable, Equatable {
    /// The name of the image.
    package let imageID: String
    /// The fault, in words that follow the name.
    package let problem: String
  }

  /// All findings, in the order of the file.
  package let findings: [Finding]

  /// Reads every record and every source file of `entries`, on all cores. Calls `progress` once per image. Throws
  /// `CacheError` if the cache file cannot be read.
  package init(_ file: CacheFile, _ entries: [DatasetEntry], progress: @Sendable () -> Void = {}) throws {
    let byID = Dictionary(entries.map { ($0.imageID, $0) }, uniquingKeysWith: { first, _ in first })
    let found = try DecodeScratch.map(file.count) { index, _ in
      defer { progress() }
      return try Self.check(file, index, byID)
    }
    let known = Set(file.items.indices.map(file.items.imageID))
    let added = entries.filter { !known.contains($0.imageID) }.map {
      Finding(imageID: $0.imageID, problem: "is new in the data set and not in the cache")
    }
    findings = found.flatMap(\.self) + added
  }

  private static func check(
    _ file: CacheFile, _ index: Int, _ entries: [String: DatasetEntry]
  ) throws -> [Finding] {
    let item = file.items[index]
    var problems: [String] = []
    if item.damage == nil, !file.isIntact(index, try file.uncheckedRecord(index)) {
      problems.append("the record's checksum is wrong: the cache file is damaged")
    }
    if file.gap(after: index).contains(where: { $0 != 0 }) {
      problems.append("the bytes behind its record are not zeros: the cache file is damaged")
    }
    if index == 0, file.gapBehindHeader.contains(where: { $0 != 0 }) {
      problems.append("the bytes before its record are not zeros: the cache file is damaged")
    }
    if let entry = entries[item.imageID] {
      if item.isUnread {
        problems.append("the image file could not be read when the cache was built: \(item.damage ?? "")")
      } else if try checksum(entry.imagePath) != item.imageChecksum {
        problems.append("the image file's content changed: \(entry.imagePath)")
      }
      if try checksum(entry.labelPath) != item.labelChecksum || entry.labels != item.labels {
        problems.append("the label file's content changed: \(entry.labelPath)")
      }
    } else {
      problems.append("is no longer in the data set")
    }
    return problems.map { Finding(imageID: item.imageID, problem: $0) }
  }

  /// The checksum of a file's content; of no bytes if the file cannot be read.
  private static func checksum(_ path: String) throws -> UInt64 {
    do {
      return try SourceFile.checksum(path).sum
    } catch CacheError.damagedImage {
      return Checksum.ofNothing
    }
  }
}
