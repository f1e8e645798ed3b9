import FeederCore
import FeederDatasets
import FeederImaging
import Foundation
import Synchronization

/// Writes the cache file of one split: all cores read and decode, every record at a place known before.
package struct CacheBuilder: Sendable {
  private let dataset: Dataset
  private let split: Split
  private let survey: SourceSurvey
  private let recipe: CacheRecipe
  private let automaticChannels: Int
  private let folder: CacheFolder

  /// Prepares the file of `survey`'s images by `recipe`. `automaticChannels` is what `--channels auto` decided; 0: not asked.
  package init(
    _ dataset: Dataset, _ split: Split, _ survey: SourceSurvey, recipe: CacheRecipe, automaticChannels: Int,
    folder: CacheFolder
  ) {
    self.dataset = dataset
    self.split = split
    self.survey = survey
    self.recipe = recipe
    self.automaticChannels = automaticChannels
    self.folder = folder
  }

  /// Where the file will lie.
  package var path: String { folder.path(dataset, split, recipe, survey.entries) }

  /// Builds the file and opens it. `progress` is called once an image, from any thread.
  ///
  /// A damaged image becomes an item without a record. Throws `CacheError`: no space, a source that changes meanwhile, a
  /// folder that cannot be written to, not one readable image; then nothing is left behind.
  package func build(progress: @Sendable () -> Void = {}) throws -> CacheFile {
    try folder.make()
    let offsets = recordOffsets()
    let recordEnd = offsets.last ?? CacheFormat.headerByteCount
    try checkSpace(recordEnd)
    let file = try TemporaryFile(for: path)
    let items = try writeRecords(file, offsets, progress)
    if let first = items.first, items.allSatisfy({ $0.damage != nil }) {
      throw CacheError.nothingReadable(
        folder: dataset.imageFolder(split).path, first: "\(first.imageID) \(first.damage ?? "")")
    }
    try seal(file, items, indexOffset: recordEnd)
    try file.finish()
    try folder.removeSuperseded(by: path, of: dataset, split, recipe)
    return try CacheFile(path: path)
  }

  /// Where each record begins, and where the last one ends.
  private func recordOffsets() -> [Int] {
    var offsets = [CacheFormat.headerByteCount]
    var end = CacheFormat.headerByteCount
    for image in survey.images {
      end = CacheFormat.aligned(end + recordByteCount(image))
      offsets.append(end)
    }
    return offsets
  }

  private func recordByteCount(_ image: SourceSurvey.Image) -> Int {
    guard let size = image.info?.size else { return 0 }
    guard recipe.form == .pixels else { return Int(clamping: image.stamp.size) }
    return SourceSurvey.pixelByteCount(of: [size], channels: recipe.channels, imageSize: recipe.imageSize)
  }

  private func checkSpace(_ recordEnd: Int) throws {
    let index = survey.entries.reduce(CacheFormat.commitByteCount) { sum, entry in
      sum + CacheFormat.itemByteCount + entry.labels.count * CacheFormat.labelByteCount + entry.imageID.utf8.count
    }
    let free = try folder.freeByteCount()
    guard recordEnd + index <= free else {
      throw CacheError.noSpace(folder: folder.url.path, needed: recordEnd + index, free: free)
    }
  }

  private func writeRecords(
    _ file: TemporaryFile, _ offsets: [Int], _ progress: @Sendable () -> Void
  ) throws -> [CacheItem] {
    // Closures cannot capture a borrowed file; its descriptor outlives them.
    try file.withWriter { write in
      try ParallelWork.map(count: survey.entries.count) { index, scratch in
        let item = try writeRecord(index, offset: offsets[index], write, scratch)
        progress()
        return item
      }
    }
  }

  private func writeRecord(
    _ index: Int, offset: Int, _ write: TemporaryFile.Writer, _ scratch: DecodeScratch
  ) throws -> CacheItem {
    let entry = survey.entries[index]
    let seen = survey.images[index]
    let label = try Self.label(entry.labelPath)
    var item = CacheItem(
      imageID: entry.imageID, offset: offset, length: 0, checksum: 0, size: seen.info?.size, storedSize: nil,
      denominator: 1, imageChecksum: Checksum.xxh64([]), labelChecksum: label.checksum, imageStamp: seen.stamp,
      labelStamp: label.stamp, labels: entry.labels, damage: seen.damage)
    do {
      try scratch.withFile(entry.imagePath) { bytes, stamp in
        item.imageChecksum = Checksum.xxh64(bytes)
        guard stamp == seen.stamp, bytes.count == Int(clamping: stamp.size), FileStamp.of(entry.imagePath) == stamp
        else { throw CacheError.changedSource(path: entry.imagePath) }
        guard let size = seen.info?.size else { return }
        if recipe.form == .jpeg {
          try write(bytes, offset: offset)
          item.note(bytes, size: size, denominator: 1)
        } else {
          try writePixels(of: bytes, entry, size: size, &item, write, scratch)
        }
      }
    } catch CacheError.damagedImage(_, let reason) {
      item.damage = reason
    }
    return item
  }

  private func writePixels(
    of jpeg: UnsafeRawBufferPointer, _ entry: DatasetEntry, size: PixelSize, _ item: inout CacheItem,
    _ write: TemporaryFile.Writer, _ scratch: DecodeScratch
  ) throws {
    try scratch.withDecoded(
      jpeg, path: entry.imagePath, size: size, channels: recipe.channels, imageSize: recipe.imageSize
    ) { image in
      let planar = scratch.planar(image)
      try write(planar, offset: item.offset)
      item.note(
        planar, size: image.size,
        denominator: DecodeScale.fitting(size, imageSize: recipe.imageSize).denominator)
    }
  }

  private static func label(_ path: String) throws -> (stamp: FileStamp, checksum: UInt64) {
    let stamp = FileStamp.of(path)
    guard stamp != .missing else { return (stamp, Checksum.xxh64([])) }
    var bytes = GrowingBuffer()
    let (text, read) = try SourceFile.read(path) { bytes.bytes($0) }
    guard read == stamp else { throw CacheError.changedSource(path: path) }
    return (stamp, Checksum.xxh64(text))
  }

  /// Index, header and, after everything else is on the disk, the commit record.
  private func seal(_ file: TemporaryFile, _ items: [CacheItem], indexOffset: Int) throws {
    let header = CacheHeader(
      recipe: recipe, split: split, automaticChannels: automaticChannels, itemCount: items.count,
      classCount: dataset.classNames.count, listKey: CacheFolder.listKey(recipe, survey.entries),
      contentKey: Self.contentKey(of: items))
    let index = CacheIndex.bytes(of: items)
    let commit = CacheCommit(
      indexOffset: indexOffset, indexByteCount: index.bytes.count, labelCount: index.labelCount,
      textByteCount: index.textByteCount,
      fileByteCount: indexOffset + index.bytes.count + CacheFormat.commitByteCount,
      checksum: Checksum.xxh64(index.bytes, seed: Checksum.xxh64(header.bytes)))
    try header.bytes.withUnsafeBytes { try file.write($0, offset: 0) }
    try index.bytes.withUnsafeBytes { try file.write($0, offset: indexOffset) }
    try file.synchronize()
    try commit.bytes.withUnsafeBytes { try file.write($0, offset: indexOffset + index.bytes.count) }
  }

  /// Key of names, image bytes and label texts of all items, in order.
  private static func contentKey(of items: [CacheItem]) -> UInt64 {
    items.reduce(0) { key, item in
      var writer = ByteWriter()
      writer.put(item.imageID.utf8)
      writer.put(item.imageChecksum)
      writer.put(item.labelChecksum)
      return Checksum.xxh64(writer.bytes, seed: key)
    }
  }
}

extension CacheItem {
  /// Takes down the record that was written.
  fileprivate mutating func note(_ record: UnsafeRawBufferPointer, size: PixelSize, denominator: Int) {
    length = record.count
    checksum = Checksum.xxh64(record)
    storedSize = size
    self.denominator = denominator
  }
}
