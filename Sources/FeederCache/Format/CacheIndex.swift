import FeederCore
import FeederImaging

/// The index of an open cache file: 160 bytes per item, then all labels, then all texts.
///
/// `CacheIndexCheck` checks the whole index first, so every later read is safe. The subscript builds an item with
/// strings and arrays at each access; the methods that take a number allocate nothing, except for texts.
struct CacheIndex: RandomAccessCollection, Sendable {
  private let index: IndexBytes
  /// The position of the labels in the index.
  private let labelStart: Int
  /// The position of the texts in the index.
  private let textStart: Int
  /// Number of items.
  let endIndex: Int

  var startIndex: Int { 0 }

  /// The index that `commit` describes. Throws `CacheError.damagedFile` if a value in it is impossible.
  init(_ map: MappedFile, _ header: CacheHeader, _ commit: CacheCommit) throws {
    index = IndexBytes(map, commit.indexOffset..<commit.indexOffset + commit.indexByteCount)
    endIndex = header.itemCount
    labelStart = header.itemCount * CacheFormat.itemByteCount
    textStart = labelStart + commit.labelCount * CacheFormat.labelByteCount
    try CacheIndexCheck(index.bytes, map, header, commit).run()
  }

  /// True if part of the index could not be read after the check: recent answers may be wrong.
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

  /// The original size of item `number`, in pixels; nil if it is unknown.
  func size(_ number: Int) -> PixelSize? {
    var reader = reader(number, place: CacheEntry.sizePlace)
    return reader.takeSize()
  }

  /// Calls `body` per item of known size, with the original size and true if EXIF turns its pixels.
  func forEachSize(_ body: (_ size: PixelSize, _ isTurned: Bool) -> Void) {
    for number in 0..<endIndex {
      var reader = ByteReader(
        bytes: index.bytes, offset: number * CacheFormat.itemByteCount + CacheEntry.sizePlace)
      guard let size = reader.takeSize() else { continue }
      reader.offset = number * CacheFormat.itemByteCount + CacheEntry.orientationPlace
      body(size, reader.take(UInt16.self) != Orientation.upright.rawValue)
    }
  }

  /// The size of the stored image of item `number`, in pixels; nil if it has no record.
  func storedSize(_ number: Int) -> PixelSize? {
    var reader = reader(number, place: CacheEntry.storedSizePlace)
    return reader.takeSize()
  }

  /// The position of the record of item `number` in the file; length 0 if it has none.
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

  /// The reason why item `number` has no record; nil if it has one.
  func damage(_ number: Int) -> String? {
    let entry = entry(number)
    return entry.isDamaged ? text(entry.firstText + entry.nameByteCount, entry.damageByteCount) : nil
  }

  private func text(_ first: Int, _ byteCount: Int) -> String {
    String(decoding: index.bytes[textStart + first..<textStart + first + byteCount], as: UTF8.self)
  }

  /// Item `number`, newly built with its strings and labels.
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
