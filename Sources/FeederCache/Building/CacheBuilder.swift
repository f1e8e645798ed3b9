import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging
import Foundation
import Synchronization

/// Writes the cache file of one split. All cores read and decode; the position of every record is known before.
package struct CacheBuilder: Sendable {
  private let dataset: Dataset
  private let split: Split
  private let survey: SourceSurvey
  private let recipe: CacheRecipe
  private let automaticChannels: Int
  private let folder: CacheFolder
  private let tiles: TileWriter
  private let old: CacheFile?
  /// Item numbers in `old` by image name.
  private let oldPlaces: [String: Int]

  /// Prepares a file of `survey`'s images in the form of `recipe`. `automaticChannels` is the decision of `--channels
  /// auto`: 1, 3, or 0 if it was not needed. Records of `old` are copied if their sources have not changed. A build of tiles
  /// takes at most `memory` bytes, or as much as one band.
  package init(
    _ dataset: Dataset, _ split: Split, _ survey: SourceSurvey, recipe: CacheRecipe, automaticChannels: Int,
    folder: CacheFolder, memory: Int = .max, replacing old: CacheFile? = nil
  ) {
    self.dataset = dataset
    self.split = split
    self.survey = survey
    self.recipe = recipe
    self.automaticChannels = automaticChannels
    self.folder = folder
    tiles = TileWriter(
      channels: recipe.channels, window: recipe.window, limits: survey.limits, memory: memory)
    self.old = old?.recipe == recipe ? old : nil
    let places = self.old.map { old in (0..<old.count).lazy.map { (old.items[$0].imageID, $0) } }
    oldPlaces = places.map { Dictionary($0) { first, _ in first } } ?? [:]
  }

  /// The path of the finished file.
  package var path: String { folder.path(dataset, split, recipe, survey.entries) }

  /// Builds the file and opens it. Calls `progress` once per image, from any thread, and `tookOver` once at the end
  /// with the number of records copied from the old file.
  ///
  /// A damaged image becomes an item without a record. Throws `CacheError`, and leaves no file behind, if space runs
  /// out, a source changes during the build, the folder cannot be written, or no image is readable.
  package func build(
    progress: @Sendable () -> Void = {}, tookOver: (Int) -> Void = { _ in }
  ) throws -> CacheFile {
    try folder.make()
    let offsets = recordOffsets()
    let recordEnd = offsets.last ?? firstOffset
    try checkSpace(recordEnd)
    let file = try TemporaryFile(for: path, replacing: CacheFormat.signature)
    let labelCount = survey.entries.reduce(0) { $0 + $1.labels.count }
    let index = CacheIndexWriter(
      file, indexOffset: recordEnd, itemCount: survey.entries.count, labelCount: labelCount)
    tookOver(try writeItems(file, index, offsets, progress))
    try index.seal(header(contentKey: index.contentKey))
    try file.finish()
    try folder.removeSuperseded(by: path, of: dataset, split, recipe)
    return try CacheFile(path: path)
  }

  /// The offset of each record, then the end of the last.
  private func recordOffsets() -> [Int] {
    var offsets = [firstOffset]
    var end = firstOffset
    for image in survey.images {
      end = CacheFormat.aligned(end + recordByteCount(image), to: recipe.form.alignment)
      offsets.append(end)
    }
    return offsets
  }

  private var firstOffset: Int { CacheFormat.aligned(CacheFormat.headerByteCount, to: recipe.form.alignment) }

  private func recordByteCount(_ image: SourceSurvey.Image) -> Int {
    guard let size = image.header?.size else { return 0 }
    switch recipe.form {
    case .encoded: return Int(clamping: image.stamp.size)
    case .pixels:
      return SourceSurvey.pixelByteCount(of: [size], channels: recipe.channels, imageSize: recipe.imageSize)
    case .tiles: return TiledRecord(size, channels: recipe.channels).byteCount
    }
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

  /// Items that are held in memory between their records and the index.
  private static let blockCount = 65_536

  /// Writes all records and their items, block by block. Returns the number of records copied from the old file. Throws
  /// `CacheError.nothingReadable` if all images are damaged.
  private func writeItems(
    _ file: TemporaryFile, _ index: CacheIndexWriter, _ offsets: [Int], _ progress: @Sendable () -> Void
  ) throws -> Int {
    let takenCount = Atomic(0)
    var firstDamage: CacheItem?
    var isReadable = false
    for start in stride(from: 0, to: survey.entries.count, by: Self.blockCount) {
      let count = min(Self.blockCount, survey.entries.count - start)
      // Closures cannot capture a borrowed file, so they get its descriptor, which stays open.
      let items = try file.withWriter { write in
        try DecodeScratch.map(count) { number, scratch in
          defer { progress() }
          let (index, offset) = (start + number, offsets[start + number])
          guard let item = try takeOver(index, offset: offset, write, scratch) else {
            return try writeRecord(index, offset: offset, write, scratch)
          }
          takenCount.add(1, ordering: .relaxed)
          return item
        }
      }
      for item in items {
        try index.put(item)
        firstDamage = firstDamage ?? (item.damage == nil ? nil : item)
        isReadable = isReadable || item.damage == nil
      }
    }
    if !isReadable, let firstDamage {
      throw CacheError.nothingReadable(
        folder: dataset.place(of: split), first: "\(firstDamage.imageID) \(firstDamage.damage ?? "")")
    }
    return takenCount.load(ordering: .relaxed)
  }

  /// Copies the old file's record of image `index`. Nil, with nothing written, if its sources changed or the old file
  /// cannot be read.
  private func takeOver(
    _ index: Int, offset: Int, _ write: TemporaryFile.Writer, _ scratch: DecodeScratch
  ) throws -> CacheItem? {
    let entry = survey.entries[index]
    guard let old, let place = oldPlaces[entry.imageID] else { return nil }
    let seen = survey.images[index]
    var item = old.items[place]
    guard item.damage == nil, item.imageStamp == seen.stamp, item.length == recordByteCount(seen),
      item.change(since: entry) == nil
    else { return nil }
    do {
      if recipe.form == .tiles, let size = item.storedSize {
        try tiles.copy(place, of: old, size: size, offset: offset, write)
      } else {
        try old.withRecord(place, scratch: scratch) { try write($0, offset: offset) }
      }
    } catch CacheError.damagedFile {
      return nil
    }
    item.offset = offset
    return item
  }

  private func writeRecord(
    _ index: Int, offset: Int, _ write: TemporaryFile.Writer, _ scratch: DecodeScratch
  ) throws -> CacheItem {
    let entry = survey.entries[index]
    let seen = survey.images[index]
    let label = try Self.label(entry.labelPath)
    var item = CacheItem(
      imageID: entry.imageID, offset: offset, length: 0, checksum: 0, size: seen.header?.size, storedSize: nil,
      denominator: 1, orientation: seen.header?.orientation ?? .upright, imageChecksum: Checksum.ofNothing,
      labelChecksum: label.checksum, imageStamp: seen.stamp,
      labelStamp: label.stamp, labels: entry.labels, damage: seen.damage)
    guard seen.wasRead else { return item }
    do {
      guard recipe.form != .tiles else {
        try writeTiles(entry, seen, &item, write, scratch)
        return item
      }
      let (bytes, stamp) = try scratch.read(entry.imagePath)
      item.imageChecksum = Checksum.xxh64(bytes)
      guard stamp == seen.stamp, bytes.count == Int(clamping: stamp.size), FileStamp.of(entry.imagePath) == stamp
      else { throw CacheError.changedSource(path: entry.imagePath) }
      guard let size = seen.header?.size else { return item }
      if recipe.form == .encoded {
        try write(bytes, offset: offset)
        item.note(bytes, size: size, denominator: 1)
      } else {
        try writePixels(of: bytes, entry, size: size, &item, write, scratch)
      }
    } catch CacheError.damagedImage(_, let reason) {
      item.damage = reason
    }
    return item
  }

  private func writePixels(
    of encoded: UnsafeRawBufferPointer, _ entry: DatasetEntry, size: PixelSize, _ item: inout CacheItem,
    _ write: TemporaryFile.Writer, _ scratch: DecodeScratch
  ) throws {
    let image = try scratch.decode(
      encoded, path: entry.imagePath, size: size, channels: recipe.channels, imageSize: recipe.imageSize,
      window: recipe.window)
    let planar = scratch.planar(image)
    try write(planar, offset: item.offset)
    item.note(
      planar, size: image.size, denominator: DecodeScale.fitting(size, imageSize: recipe.imageSize).denominator)
  }

  private func writeTiles(
    _ entry: DatasetEntry, _ seen: SourceSurvey.Image, _ item: inout CacheItem, _ write: TemporaryFile.Writer,
    _ scratch: DecodeScratch
  ) throws {
    let (sum, byteCount, stamp) = try SourceFile.checksum(entry.imagePath)
    item.imageChecksum = sum
    guard stamp == seen.stamp, byteCount == Int(clamping: stamp.size), FileStamp.of(entry.imagePath) == stamp else {
      throw CacheError.changedSource(path: entry.imagePath)
    }
    guard let size = seen.header?.size else { return }
    (item.length, item.checksum) = try tiles.write(
      entry.imagePath, size: size, seen: stamp, offset: item.offset, write, scratch)
    item.storedSize = size
  }

  private static func label(_ path: String) throws -> (stamp: FileStamp, checksum: UInt64) {
    let stamp = FileStamp.of(path)
    guard stamp != .missing else { return (stamp, Checksum.ofNothing) }
    var bytes = GrowingBuffer()
    let (text, read) = try SourceFile.read(path) { bytes.bytes($0) }
    guard read == stamp else { throw CacheError.changedSource(path: path) }
    return (stamp, Checksum.xxh64(text))
  }

  private func header(contentKey: UInt64) -> CacheHeader {
    CacheHeader(
      recipe: recipe, split: split, automaticChannels: automaticChannels, depth: survey.depth,
      itemCount: survey.entries.count, classCount: dataset.classNames.count,
      listKey: CacheFolder.listKey(recipe, survey.entries),
      contentKey: contentKey)
  }
}

extension CacheItem {
  /// Notes the record that was written.
  fileprivate mutating func note(_ record: UnsafeRawBufferPointer, size: PixelSize, denominator: Int) {
    length = record.count
    checksum = Checksum.xxh64(record)
    storedSize = size
    self.denominator = denominator
  }
}
