import FeederCore
import FeederImaging

/// The index of an open cache file: 160 bytes an item, then all labels, then all texts.
///
/// Checked whole by `CacheIndexCheck` before it exists, so every read of it is safe. As a collection it builds an item at each
/// access, with its strings and arrays; what is asked by index allocates nothing, but for texts.
struct CacheIndex: RandomAccessCollection, Sendable {
  private let index: IndexBytes
  /// Where the labels and the texts begin in the index.
  private let labelStart: Int
  private let textStart: Int
  /// Number of items.
  let endIndex: Int

  var startIndex: Int { 0 }

  /// The index that `commit` describes; throws `CacheError.damagedFile` where anything in it is impossible.
  init(_ map: MappedFile, _ header: CacheHeader, _ commit: CacheCommit) throws {
    index = IndexBytes(map, commit.indexOffset..<commit.indexOffset + commit.indexByteCount)
    endIndex = header.itemCount
    labelStart = header.itemCount * CacheFormat.itemByteCount
    textStart = labelStart + commit.labelCount * CacheFormat.labelByteCount
    try CacheIndexCheck(index.bytes, map, header, commit).run()
  }

  /// True where a part of it could not be read since it was checked: what was asked lately may be wrong.
  var isLost: Bool { index.isLost }

  private func reader(_ number: Int, place: Int = 0) -> ByteReader {
    precondition(number >= 0 && number < endIndex, "an image of this cache file")
    return ByteReader(bytes: index.bytes, offset: number * CacheFormat.itemByteCount + place)
  }

  /// The numbers of item `number`.
  func entry(_ number: Int) -> CacheEntry {
    var reader = reader(number)
    return CacheEntry(&reader)
  }

  /// Size of the original of item `number`.
  func size(_ number: Int) -> PixelSize? {
    var reader = reader(number, place: CacheEntry.sizePlace)
    return reader.takeSize()
  }

  /// Calls `body` with the original's size of every item that has one, and with true where its pixels are turned.
  func forEachSize(_ body: (_ size: PixelSize, _ isTurned: Bool) -> Void) {
    for number in 0..<endIndex {
      var reader = ByteReader(
        bytes: index.bytes, offset: number * CacheFormat.itemByteCount + CacheEntry.sizePlace)
      guard let size = reader.takeSize() else { continue }
      reader.offset = number * CacheFormat.itemByteCount + CacheEntry.orientationPlace
      body(size, reader.take(UInt16.self) != Orientation.upright.rawValue)
    }
  }

  /// Size of the stored image of item `number`; nil where it has no record.
  func storedSize(_ number: Int) -> PixelSize? {
    var reader = reader(number, place: CacheEntry.storedSizePlace)
    return reader.takeSize()
  }

  /// Where the record of item `number` lies in the file; no bytes where it has none.
  func place(_ number: Int) -> (offset: Int, length: Int) {
    var reader = reader(number)
    return (reader.takeCount(), reader.takeCount())
  }

  private func labels(_ number: Int) -> (first: Int, count: Int) {
    var reader = reader(number, place: CacheEntry.labelsPlace)
    return (reader.takeCount(), reader.takeCount())
  }

  /// Number of labels of item `number`.
  func labelCount(_ number: Int) -> Int { labels(number).count }

  /// Calls `body` with each label of item `number`.
  func forEachLabel(_ number: Int, _ body: (Label) -> Void) {
    let (first, count) = labels(number)
    var reader = ByteReader(bytes: index.bytes, offset: labelStart + first * CacheFormat.labelByteCount)
    for _ in 0..<count { body(Label(&reader)) }
  }

  /// The name of item `number`.
  func imageID(_ number: Int) -> String {
    let entry = entry(number)
    return text(entry.firstText, entry.nameByteCount)
  }

  /// Why item `number` has no record; nil where it has one.
  func damage(_ number: Int) -> String? {
    let entry = entry(number)
    return entry.isDamaged ? text(entry.firstText + entry.nameByteCount, entry.damageByteCount) : nil
  }

  private func text(_ first: Int, _ byteCount: Int) -> String {
    String(decoding: index.bytes[textStart + first..<textStart + first + byteCount], as: UTF8.self)
  }

  /// Item `number` with its strings and labels, built anew.
  subscript(number: Int) -> CacheItem {
    let entry = entry(number)
    var labels: [Label] = []
    labels.reserveCapacity(entry.labelCount)
    forEachLabel(number) { labels.append($0) }
    return CacheItem(
      imageID: imageID(number), offset: entry.offset, length: entry.length, checksum: entry.checksum, size: entry.size,
      storedSize: entry.storedSize, denominator: entry.denominator,
      orientation: Orientation(rawValue: entry.orientation) ?? .upright, imageChecksum: entry.imageChecksum,
      labelChecksum: entry.labelChecksum, imageStamp: entry.imageStamp, labelStamp: entry.labelStamp, labels: labels,
      damage: damage(number))
  }
}
