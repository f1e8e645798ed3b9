import FeederCore
import FeederDatasets
import FeederImaging
import Synchronization

/// An open cache file: header and index checked, records checked one by one at their first use. Safe from any thread.
///
/// Opening builds nothing an item: there are the bytes of the index (`IndexBytes`), and one bit an image.
package final class CacheFile: Sendable {
  /// Where it lies.
  package let path: String
  let header: CacheHeader
  /// The images, each built when it is asked for.
  let items: CacheIndex
  private let map: MappedFile
  private let verified: VerifiedSet
  private let residency = Residency()

  /// Maps and checks the file. Throws `CacheError` naming it; never touches a record.
  package init(path: String) throws {
    self.path = path
    guard !CacheFormat.signature.isForeign(path) else { throw CacheError.foreignFile(path: path) }
    map = try MappedFile(path, minimum: CacheFormat.headerByteCount + CacheFormat.commitByteCount)
    header = try CacheHeader(map.bytes, path: path)
    items = try CacheIndex(map, header, try CacheCommit(map.bytes, itemCount: header.itemCount, path: path))
    verified = VerifiedSet(count: items.count)
  }

  /// Bytes of the whole file.
  package var byteCount: Int { map.bytes.count }
  /// Bytes of all records.
  var recordByteCount: Int { items.indices.reduce(0) { $0 + items.place($1).length } }
  /// What it was made by.
  package var recipe: CacheRecipe { header.recipe }
  /// The split it holds.
  package var split: Split { header.split }
  /// Number of images.
  package var count: Int { items.count }
  /// Images without a record, each with its reason.
  package var damagedImages: [(imageID: String, reason: String)] {
    items.indices.compactMap { index in items.damage(index).map { (items.imageID(index), $0) } }
  }
  /// Key of the content of all sources.
  package var contentKey: UInt64 { header.contentKey }

  /// Lends the bytes of a record, read from the storage before where they are not in memory; `scratch` notes bytes, misses and the time
  /// that took. Throws `CacheError.damagedFile` also where bytes were lost while `body` used them: what it made of them is worthless.
  func withRecord<Result>(
    _ index: Int, scratch: DecodeScratch, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let bytes = try record(index, scratch: scratch)
    return try checked(index, bytes) { try body(bytes) }
  }

  /// What `body` makes of a record, unless some of its bytes were lost meanwhile.
  func checked<Result>(_ index: Int, _ bytes: UnsafeRawBufferPointer, _ body: () throws -> Result) throws -> Result {
    let result = Swift.Result { try body() }
    try checkWhole(index, bytes)
    return try result.get()
  }

  /// Throws `CacheError.damagedFile` if some bytes of a record may have been lost: what was made of them is worthless.
  func checkWhole(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws {
    guard !map.isLost(bytes) else {
      throw CacheError.damagedFile(path: path, problem: "image '\(items.imageID(index))' can no longer be read")
    }
  }

  /// Throws `CacheError.damagedFile` where a part of the index could not be read since the file was opened.
  func checkIndex() throws {
    if items.isLost { throw CacheError.damagedFile(path: path, problem: "its index can no longer be read") }
  }

  /// The bytes of a record, its checksum verified at first use. Throws `CacheError.damagedFile`.
  func record(_ index: Int) throws -> UnsafeRawBufferPointer {
    if verified.contains(index) { return mappedRecord(index) }
    let bytes = try uncheckedRecord(index)
    guard Checksum.xxh64(bytes) == items.entry(index).checksum else {
      throw CacheError.damagedFile(path: path, problem: "the checksum of image '\(items.imageID(index))' is wrong")
    }
    verified.insert(index)
    return bytes
  }

  func record(_ index: Int, scratch: DecodeScratch) throws -> UnsafeRawBufferPointer {
    let bytes = mappedRecord(index)
    try checkIndex()
    let missed = residency.missedByteCount(bytes)
    if missed > 0 {
      try map.checkSize()
      let watch = Stopwatch()
      try residency.pageIn(bytes, path: path)
      scratch.noteRead(nanoseconds: watch.nanoseconds, missedByteCount: missed)
    }
    scratch.noteRead(byteCount: bytes.count)
    return try record(index)
  }

  /// Starts to read a record from the storage where it is not in memory, and does not wait.
  func willNeed(_ index: Int) {
    let bytes = mappedRecord(index)
    if !bytes.isEmpty { residency.willNeed(bytes) }
  }

  /// The bytes of a record as they are. Throws `CacheError.damagedFile` where the file was cut off since it was opened.
  func uncheckedRecord(_ index: Int) throws -> UnsafeRawBufferPointer {
    try map.checkSize()
    return mappedRecord(index)
  }

  /// The bytes between a record and the next, which the format wants to be zeros.
  func gap(after index: Int) -> UnsafeRawBufferPointer {
    let place = items.place(index)
    let end = min(place.offset + place.length, map.bytes.count)
    let next = index + 1 < count ? items.place(index + 1).offset : CacheFormat.aligned(end)
    return UnsafeRawBufferPointer(rebasing: map.bytes[end..<min(max(end, next), map.bytes.count)])
  }

  /// The bytes of a record where they are mapped; touching them may wait for the storage.
  func mappedRecord(_ index: Int) -> UnsafeRawBufferPointer {
    let place = items.place(index)
    return UnsafeRawBufferPointer(rebasing: map.bytes[place.offset..<place.offset + place.length])
  }

  /// The first source that is not as it was when the file was built, in words; nil where all are.
  ///
  /// Two calls of stat(2) an item: size, both times in nanoseconds and inode of image and label file are compared. An image that could not
  /// be read then is tried again: no stamp tells that a drive is back.
  package func change(since entries: [DatasetEntry]) -> String? {
    guard entries.count == items.count else { return "\(entries.count) images where there were \(items.count)" }
    for (entry, item) in zip(entries, items) {
      if let change = item.change(since: entry) { return change }
    }
    return nil
  }
}
