import FeederCore
import FeederDatasets
import FeederImaging
import Synchronization

/// An open cache file: header and index checked, records checked one by one at their first use. Safe from any thread.
package final class CacheFile: Sendable {
  /// Where it lies.
  package let path: String
  let header: CacheHeader
  let items: [CacheItem]
  private let map: MappedFile
  private let isVerified: Mutex<[Bool]>

  /// Maps and checks the file. Throws `CacheError` naming it; never touches a record.
  package init(path: String) throws {
    self.path = path
    map = try MappedFile(path, minimum: CacheFormat.headerByteCount + CacheFormat.commitByteCount)
    header = try CacheHeader(map.bytes, path: path)
    let commit = try CacheCommit(map.bytes, itemCount: header.itemCount, path: path)
    let index = UnsafeRawBufferPointer(
      rebasing: map.bytes[commit.indexOffset..<commit.indexOffset + commit.indexByteCount])
    let headerBytes = UnsafeRawBufferPointer(rebasing: map.bytes[..<CacheFormat.headerByteCount])
    guard Checksum.xxh64(index, seed: Checksum.xxh64(headerBytes)) == commit.checksum else {
      throw CacheError.damagedFile(path: path, problem: "its index's checksum is wrong")
    }
    items = try CacheIndex.items(
      index, count: header.itemCount, labelCount: commit.labelCount,
      limits: CacheItem.Limits(
        path: path, recipe: header.recipe, classCount: header.classCount, recordEnd: commit.indexOffset))
    isVerified = Mutex(Array(repeating: false, count: items.count))
  }

  /// Bytes of the whole file.
  package var byteCount: Int { map.bytes.count }
  /// What it was made by.
  package var recipe: CacheRecipe { header.recipe }
  /// The split it holds.
  package var split: Split { header.split }
  /// Number of images.
  package var count: Int { items.count }
  /// Images without a record, each with its reason.
  package var damagedImages: [(imageID: String, reason: String)] {
    items.compactMap { item in item.damage.map { (item.imageID, $0) } }
  }
  /// Key of the content of all sources.
  package var contentKey: UInt64 { header.contentKey }

  /// The bytes of a record, its checksum verified at first use. Throws `CacheError.damagedFile`.
  func record(_ index: Int) throws -> UnsafeRawBufferPointer {
    let item = items[index]
    if isVerified.withLock({ $0[index] }) { return bytes(of: item) }
    let bytes = try uncheckedRecord(index)
    guard Checksum.xxh64(bytes) == item.checksum else {
      throw CacheError.damagedFile(path: path, problem: "the checksum of image '\(item.imageID)' is wrong")
    }
    isVerified.withLock { $0[index] = true }
    return bytes
  }

  /// The bytes of a record as they are. Throws `CacheError.damagedFile` where the file was cut off since it was opened.
  func uncheckedRecord(_ index: Int) throws -> UnsafeRawBufferPointer {
    try map.checkSize()
    return bytes(of: items[index])
  }

  private func bytes(of item: CacheItem) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: map.bytes[item.offset..<item.offset + item.length])
  }

  /// The first source that is not as it was when the file was built, in words; nil where all are.
  ///
  /// Two calls of stat(2) an item: size, both times in nanoseconds and inode of image and label file are compared.
  package func change(since entries: [DatasetEntry]) -> String? {
    guard entries.count == items.count else { return "\(entries.count) images where there were \(items.count)" }
    for (entry, item) in zip(entries, items) {
      if entry.imageID != item.imageID { return "'\(entry.imageID)' is in the place of '\(item.imageID)'" }
      if FileStamp.of(entry.imagePath) != item.imageStamp { return "\(entry.imagePath) changed" }
      if FileStamp.of(entry.labelPath) != item.labelStamp || entry.labels != item.labels {
        return "\(entry.labelPath) changed"
      }
    }
    return nil
  }
}
