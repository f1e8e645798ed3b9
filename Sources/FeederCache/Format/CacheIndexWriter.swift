import FeederCore

/// Writes the index of a new cache file item by item, then the header and commit record that complete the file. Holds 3
/// MiB for any number of items.
///
/// Items come first, then labels, then texts, so the counts of items and labels must be known at the start.
final class CacheIndexWriter {
  /// Bytes that are gathered before a write.
  private static let chunkByteCount = 1 << 20

  /// One part of the index: gathered bytes and their position.
  private struct Part {
    var writer = ByteWriter()
    var offset: Int

    mutating func flush(_ file: TemporaryFile) throws {
      try writer.bytes.withUnsafeBytes { try file.write($0, offset: offset) }
      offset += writer.bytes.count
      writer.removeAll()
    }
  }

  private let file: TemporaryFile
  private let indexOffset: Int
  private let itemCount: Int
  private let labelCount: Int
  private var table: Part
  private var labels: Part
  private var texts: Part
  private var itemsPut = 0
  private var labelsPut = 0
  private var textByteCount = 0
  /// The key of names, image bytes and label files of all items so far, in order.
  private(set) var contentKey: UInt64 = 0

  /// An index at `indexOffset` of `file`, for exactly `itemCount` items and `labelCount` labels.
  init(_ file: TemporaryFile, indexOffset: Int, itemCount: Int, labelCount: Int) {
    self.file = file
    self.indexOffset = indexOffset
    self.itemCount = itemCount
    self.labelCount = labelCount
    table = Part(offset: indexOffset)
    labels = Part(offset: table.offset + itemCount * CacheFormat.itemByteCount)
    texts = Part(offset: labels.offset + labelCount * CacheFormat.labelByteCount)
  }

  /// Writes the next item. Throws `CacheError.system` if a write fails.
  func put(_ item: CacheItem) throws {
    putNumbers(of: item)
    for label in item.labels {
      labels.writer.put(Int64(label.classID))
      for number in [label.centerX, label.centerY, label.width, label.height] { labels.writer.put(number) }
    }
    let damage = item.damage ?? ""
    texts.writer.put(item.imageID.utf8)
    texts.writer.put(damage.utf8)
    itemsPut += 1
    labelsPut += item.labels.count
    textByteCount += item.imageID.utf8.count + damage.utf8.count
    noteContent(of: item)
    if table.writer.bytes.count >= Self.chunkByteCount { try table.flush(file) }
    if labels.writer.bytes.count >= Self.chunkByteCount { try labels.flush(file) }
    if texts.writer.bytes.count >= Self.chunkByteCount { try texts.flush(file) }
  }

  private func putNumbers(of item: CacheItem) {
    table.writer.put(UInt64(item.offset))
    table.writer.put(UInt64(item.length))
    table.writer.put(item.checksum)
    for side in [item.size?.width, item.size?.height, item.storedSize?.width, item.storedSize?.height] {
      table.writer.put(UInt32(side ?? 0))
    }
    table.writer.put(UInt16(item.denominator))
    table.writer.put(UInt16(item.orientation.rawValue))
    table.writer.put(UInt32(item.damage == nil ? 0 : 1))
    table.writer.put(item.imageChecksum)
    table.writer.put(item.labelChecksum)
    table.writer.put(UInt64(labelsPut))
    table.writer.put(UInt64(item.labels.count))
    table.writer.put(UInt64(textByteCount))
    table.writer.put(UInt32(item.imageID.utf8.count))
    table.writer.put(UInt32((item.damage ?? "").utf8.count))
    for stamp in [item.imageStamp, item.labelStamp] {
      table.writer.put(stamp.size)
      table.writer.put(stamp.modified)
      table.writer.put(stamp.changed)
      table.writer.put(stamp.inode)
    }
  }

  private func noteContent(of item: CacheItem) {
    var writer = ByteWriter()
    writer.put(item.imageID.utf8)
    writer.put(item.imageChecksum)
    writer.put(item.labelChecksum)
    contentKey = Checksum.xxh64(writer.bytes, seed: contentKey)
  }

  /// Writes the rest of the index and the header, waits until they are on the disk, and writes the commit record.
  /// Throws `CacheError` if a write fails.
  func seal(_ header: CacheHeader) throws {
    precondition(itemsPut == itemCount && labelsPut == labelCount, "as many items and labels as were announced")
    try table.flush(file)
    try labels.flush(file)
    try texts.flush(file)
    try header.bytes.withUnsafeBytes { try file.write($0, offset: 0) }
    let end = texts.offset
    let map = try MappedFile(file.path, minimum: end)
    let commit = CacheCommit(
      indexOffset: indexOffset, indexByteCount: end - indexOffset, labelCount: labelCount,
      textByteCount: textByteCount, fileByteCount: end + CacheFormat.commitByteCount,
      checksum: Checksum.xxh64(
        UnsafeRawBufferPointer(rebasing: map.bytes[indexOffset..<end]), seed: Checksum.xxh64(header.bytes)))
    try file.synchronize()
    try commit.bytes.withUnsafeBytes { try file.write($0, offset: end) }
  }
}
