import FeederCore

/// The index of an open cache file, read where it is mapped: 160 bytes an item, then all labels, then all texts.
///
/// Checked whole by `CacheIndexCheck` before it exists, so every read of it is safe. As a collection it builds an item at each
/// access, with its strings and arrays; what is asked by index allocates nothing, but for texts.
struct CacheIndex: RandomAccessCollection, Sendable {
  private let map: MappedFile
  /// Where the items, the labels and the texts begin in the file.
  private let tableStart: Int
  private let labelStart: Int
  private let textStart: Int
  /// Number of items.
  let endIndex: Int

  var startIndex: Int { 0 }

  /// The index that `commit` describes; throws `CacheError.damagedFile` where anything in it is impossible.
  init(_ map: MappedFile, _ header: CacheHeader, _ commit: CacheCommit) throws {
    self.map = map
    endIndex = header.itemCount
    tableStart = commit.indexOffset
    labelStart = tableStart + header.itemCount * CacheFormat.itemByteCount
    textStart = labelStart + commit.labelCount * CacheFormat.labelByteCount
    try CacheIndexCheck(map, header, commit).run()
  }

  private func reader(_ index: Int, place: Int = 0) -> ByteReader {
    precondition(index >= 0 && index < endIndex, "an image of this cache file")
    return ByteReader(bytes: map.bytes, offset: tableStart + index * CacheFormat.itemByteCount + place)
  }

  /// The numbers of item `index`.
  func entry(_ index: Int) -> CacheEntry {
    var reader = reader(index)
    return CacheEntry(&reader)
  }

  /// Size of the original of item `index`.
  func size(_ index: Int) -> PixelSize? {
    var reader = reader(index, place: CacheEntry.sizePlace)
    return reader.takeSize()
  }

  /// Size of the stored image of item `index`; nil where it has no record.
  func storedSize(_ index: Int) -> PixelSize? {
    var reader = reader(index, place: CacheEntry.storedSizePlace)
    return reader.takeSize()
  }

  /// Where the record of item `index` lies in the file; no bytes where it has none.
  func place(_ index: Int) -> (offset: Int, length: Int) {
    var reader = reader(index)
    return (reader.takeCount(), reader.takeCount())
  }

  private func labels(_ index: Int) -> (first: Int, count: Int) {
    var reader = reader(index, place: CacheEntry.labelsPlace)
    return (reader.takeCount(), reader.takeCount())
  }

  /// Number of labels of item `index`.
  func labelCount(_ index: Int) -> Int { labels(index).count }

  /// Calls `body` with each label of item `index`.
  func forEachLabel(_ index: Int, _ body: (Label) -> Void) {
    let (first, count) = labels(index)
    var reader = ByteReader(bytes: map.bytes, offset: labelStart + first * CacheFormat.labelByteCount)
    for _ in 0..<count { body(Label(&reader)) }
  }

  /// The name of item `index`.
  func imageID(_ index: Int) -> String {
    let entry = entry(index)
    return text(entry.firstText, entry.nameByteCount)
  }

  /// Why item `index` has no record; nil where it has one.
  func damage(_ index: Int) -> String? {
    let entry = entry(index)
    return entry.isDamaged ? text(entry.firstText + entry.nameByteCount, entry.damageByteCount) : nil
  }

  private func text(_ first: Int, _ byteCount: Int) -> String {
    String(decoding: map.bytes[textStart + first..<textStart + first + byteCount], as: UTF8.self)
  }

  /// Item `index` with its strings and labels, built anew.
  subscript(index: Int) -> CacheItem {
    let entry = entry(index)
    var labels: [Label] = []
    labels.reserveCapacity(entry.labelCount)
    forEachLabel(index) { labels.append($0) }
    return CacheItem(
      imageID: imageID(index), offset: entry.offset, length: entry.length, checksum: entry.checksum, size: entry.size,
      storedSize: entry.storedSize, denominator: entry.denominator, imageChecksum: entry.imageChecksum,
      labelChecksum: entry.labelChecksum, imageStamp: entry.imageStamp, labelStamp: entry.labelStamp, labels: labels,
      damage: damage(index))
  }
}
