import FeederCore
import FeederDatasets
import FeederImaging
import Synchronization

/// An open cache file. Header and index are checked at opening, each record at its first use. Any thread may use it.
///
/// Opening builds nothing per image except one bit: the index stays bytes (`IndexBytes`).
package final class CacheFile: Sendable {
  /// The file's path.
  package let path: String
  let header: CacheHeader
  /// The images. Each access builds an item.
  let items: CacheIndex
  let map: MappedFile
  /// The records that were verified, by image; in a tiled file the blocks, by the page of the file that each begins with.
  let verified: VerifiedSet
  let residency = Residency()

  /// Maps and checks the file at `path`, except for its records. Throws `CacheError`, which names it, if it is no cache
  /// file, damaged or of another version.
  package init(path: String) throws {
    self.path = path
    guard !CacheFormat.signature.isForeign(path) else { throw CacheError.foreignFile(path: path) }
    map = try MappedFile(path, minimum: CacheFormat.headerByteCount + CacheFormat.commitByteCount)
    header = try CacheHeader(map.bytes, path: path)
    items = try CacheIndex(map, header, try CacheCommit(map.bytes, itemCount: header.itemCount, path: path))
    let isTiled = header.recipe.form == .tiles
    verified = VerifiedSet(count: isTiled ? map.bytes.count / CacheFormat.pageByteCount : items.count)
    if isTiled { map.expectScatteredReads() }
  }

  /// Bytes of the file.
  package var byteCount: Int { map.bytes.count }
  /// Bytes of all records.
  var recordByteCount: Int { items.indices.reduce(0) { $0 + items.place($1).length } }
  /// The recipe that the file was built by.
  package var recipe: CacheRecipe { header.recipe }
  /// The split that the file holds.
  package var split: Split { header.split }
  /// Number of images.
  package var count: Int { items.count }
  /// Images without a record, with their reasons.
  package var damagedImages: [(imageID: String, reason: String)] {
    items.indices.compactMap { index in items.damage(index).map { (items.imageID(index), $0) } }
  }
  /// The key of the content of all sources.
  package var contentKey: UInt64 { header.contentKey }

  /// Lends the bytes of a record to `body`. Reads them from the storage first if they are not in memory; `scratch`
  /// notes bytes, misses and time. Throws `CacheError.damagedFile` if the record is damaged, or if bytes were lost
  /// during `body`, whose result is then discarded. Throws what `body` throws.
  func withRecord<Result>(
    _ index: Int, scratch: DecodeScratch, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let bytes = try record(index, scratch: scratch)
    return try checked(index, bytes) { try body(bytes) }
  }

  /// The result of `body`, which uses a record's bytes. Throws `CacheError.damagedFile` if some were lost meanwhile,
  /// and what `body` throws.
  func checked<Result>(_ index: Int, _ bytes: UnsafeRawBufferPointer, _ body: () throws -> Result) throws -> Result {
    let result = Swift.Result { try body() }
    try checkWhole(index, bytes)
    return try result.get()
  }

  /// Throws `CacheError.damagedFile` if some bytes of a record may have been lost. A result computed from them must be
  /// discarded.
  func checkWhole(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws {
    guard !map.isLost(bytes) else {
      throw CacheError.damagedFile(path: path, problem: "image '\(items.imageID(index))' can no longer be read")
    }
  }

  /// Throws `CacheError.damagedFile` if part of the index could not be read since the file was opened.
  func checkIndex() throws {
    if items.isLost { throw CacheError.damagedFile(path: path, problem: "its index can no longer be read") }
  }

  /// The bytes of a record. The first use verifies the checksum. Throws `CacheError.damagedFile` if it is wrong or the
  /// file was cut.
  func record(_ index: Int) throws -> UnsafeRawBufferPointer {
    let isTiled = recipe.form == .tiles
    if !isTiled, verified.contains(index) { return mappedRecord(index) }
    let bytes = try uncheckedRecord(index)
    guard isIntact(index, bytes) else { throw damage(index) }
    if !isTiled { verified.insert(index) }
    return bytes
  }

  /// The error about a record with a wrong checksum.
  func damage(_ index: Int) -> CacheError {
    .damagedFile(path: path, problem: "the checksum of image '\(items.imageID(index))' is wrong")
  }

  /// True if the table of a tiled record of image `index` has the checksum in the index.
  func isTableIntact(_ index: Int, _ table: Slice<UnsafeRawBufferPointer>) -> Bool {
    Checksum.xxh64(UnsafeRawBufferPointer(rebasing: table)) == items.entry(index).checksum
  }

  /// True if all checksums of the record `bytes` of image `index` are right.
  func isIntact(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let checksum = items.entry(index).checksum
    guard recipe.form == .tiles, let size = items.storedSize(index) else { return Checksum.xxh64(bytes) == checksum }
    return TiledRecord(size, channels: recipe.channels).isIntact(bytes, tableChecksum: checksum)
  }

  func record(_ index: Int, scratch: DecodeScratch) throws -> UnsafeRawBufferPointer {
    let bytes = mappedRecord(index)
    try pageIn(CollectionOfOne(bytes), scratch)
    return try record(index)
  }

  /// Reads parts of a record from the storage if they are not in memory; `scratch` notes bytes, misses and time.
  func pageIn(_ parts: some Sequence<UnsafeRawBufferPointer>, _ scratch: DecodeScratch) throws {
    try checkIndex()
    let missed = residency.missedByteCount(parts)
    if missed > 0 {
      try map.checkSize()
      let watch = Stopwatch()
      try residency.pageIn(parts, path: path)
      scratch.noteRead(nanoseconds: watch.nanoseconds, missedByteCount: missed)
    }
    scratch.noteRead(byteCount: parts.reduce(0) { $0 + $1.count })
  }

  /// Starts to read a record that is not in memory, without waiting.
  func willNeed(_ index: Int) {
    let bytes = mappedRecord(index)
    if !bytes.isEmpty { residency.willNeed(CollectionOfOne(bytes)) }
  }

  /// The bytes of a record without a check of its checksum. Throws `CacheError.damagedFile` if the file was cut since
  /// it was opened.
  func uncheckedRecord(_ index: Int) throws -> UnsafeRawBufferPointer {
    try map.checkSize()
    return mappedRecord(index)
  }

  /// The bytes between a record and the next. The format requires zeros.
  func gap(after index: Int) -> UnsafeRawBufferPointer {
    let place = items.place(index)
    let end = min(place.offset + place.length, map.bytes.count)
    let next = index + 1 < count ? items.place(index + 1).offset : CacheFormat.aligned(end, to: recipe.form.alignment)
    return UnsafeRawBufferPointer(rebasing: map.bytes[end..<min(max(end, next), map.bytes.count)])
  }

  /// The bytes between the header and the first record. The format requires zeros.
  var gapBehindHeader: UnsafeRawBufferPointer {
    let start = CacheFormat.headerByteCount
    let end = count > 0 ? items.place(0).offset : start
    return UnsafeRawBufferPointer(rebasing: map.bytes[start..<min(max(start, end), map.bytes.count)])
  }

  /// The mapped bytes of a record. An access to them may wait for the storage.
  func mappedRecord(_ index: Int) -> UnsafeRawBufferPointer {
    let place = items.place(index)
    return UnsafeRawBufferPointer(rebasing: map.bytes[place.offset..<place.offset + place.length])
  }

  /// The first source that changed since the build, in words; nil if there is none.
  ///
  /// Takes two stat(2) calls per item to compare size, both times in nanoseconds and inode of image and label file.
  /// Tries again to read an image that was unreadable at the build, because no stamp shows that a drive is back.
  package func change(since entries: [DatasetEntry]) -> String? {
    guard entries.count == items.count else { return "\(entries.count) images instead of \(items.count)" }
    for (entry, item) in zip(entries, items) {
      if let change = item.change(since: entry) { return change }
    }
    return nil
  }
}
