import FeederCodecs
import FeederCore
import FeederImaging

/// The images of a cache file: mapped pixels, or encoded bytes that are decoded at each use. If the file fails, images
/// come from their own files, if `fallback` knows them, with the same pixels.
package final class ImageCache: ImageSource {
  /// The cache file.
  package let file: CacheFile
  /// Channels of every image: 1 or 3.
  package let channels: Int
  /// Width of the widest decoded image, in pixels.
  package let largestWidth: Int
  /// The most bytes of a worker's scratch; 0 for pixels, which are used as they are mapped.
  package let scratchByteCount: Int
  private let imageSize: Int
  private let window: LevelWindow
  private let fallback: SourceFallback?

  /// Reads images of `channels` channels at the scale that fits `imageSize`, their levels mapped by `window`. For a pixel
  /// file all three must be the file's own. If there is a `tileSide`, images are decoded in full, for tiles of at most so
  /// many pixels per side.
  package init(
    _ file: CacheFile, channels: Int, imageSize: Int, tileSide: Int? = nil, window: LevelWindow = .full,
    fallback: SourceFallback? = nil
  ) {
    precondition(
      file.recipe.form == .encoded
        || file.recipe == .pixels(channels: channels, imageSize: imageSize, window: window),
      "a pixel cache is read as it was made")
    self.file = file
    self.channels = channels
    self.imageSize = tileSide == nil ? imageSize : .max
    self.window = window
    self.fallback = fallback
    var room = DecodeRoom(channels: channels, imageSize: imageSize, tileSide: tileSide)
    file.items.forEachSize { room.note($0, isTurned: $1) }
    largestWidth = room.width
    scratchByteCount = file.recipe.form == .encoded ? room.byteCount : 0
  }

  /// Number of images.
  package var count: Int { file.count }

  /// Bits of the samples in the files that were cached.
  package var depth: SampleDepth { file.header.depth }

  /// Bytes of the mapped file.
  package var mappedByteCount: Int { file.byteCount }

  /// The original size of image `index`, in pixels; nil if it is unknown.
  package func size(of index: Int) -> PixelSize? { file.items.size(index) }

  /// Number of labels of image `index`.
  package func labelCount(of index: Int) -> Int { file.items.labelCount(index) }

  /// Calls `body` with each label of image `index`, in the order of its label file.
  package func forEachLabel(of index: Int, _ body: (Label) -> Void) { file.items.forEachLabel(index, body) }

  /// Bytes of the record of image `index`.
  package func storedByteCount(of index: Int) -> Int { file.items.place(index).length }

  /// Starts to read the record of image `index` if it is not in memory, without waiting.
  package func willNeed(_ index: Int) { file.willNeed(index) }

  /// The facts about image `index`.
  package func item(_ index: Int) -> SourceItem {
    let item = file.items[index]
    return SourceItem(imageID: item.imageID, size: item.size, labels: item.labels, damage: item.damage)
  }

  /// Prepares the pixels of image `index`, from its own file if the cache file fails. Throws `CacheError.damagedImage`
  /// if the image is damaged, other errors if the cache file failed and the own file is missing or changed.
  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    guard let size = file.items.storedSize(index) else { throw failure(index) }
    do {
      guard file.recipe.form == .pixels else {
        return try decode(index, size, imageSize: imageSize, scratch)
      }
      let record = try file.record(index, scratch: scratch)
      scratch.lent = record
      return ImageView(record, size: size, channels: channels, layout: .planar)
    } catch let error as CacheError where error.isOfCacheFile {
      return try ownFile(of: index, imageSize: imageSize, because: error, scratch)
    }
  }

  private func decode(
    _ index: Int, _ size: PixelSize, imageSize: Int, _ scratch: DecodeScratch
  ) throws -> ImageView {
    try file.withRecord(index, scratch: scratch) { record in
      try scratch.decode(
        record, path: file.items.imageID(index), size: size, channels: channels, imageSize: imageSize, window: window)
    }
  }

  /// Prepares the pixels of a tile. Encoded bytes are decoded as a whole, unless that was done last. Throws as
  /// `prepare`.
  package func prepare(_ index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView {
    guard let size = file.items.storedSize(index) else { throw failure(index) }
    guard file.recipe.form == .encoded else { return scratch.crop(try prepare(index, scratch: scratch), tile) }
    return try scratch.tile(tile, of: index, of: self) {
      do {
        return try decode(index, size, imageSize: .max, scratch)
      } catch let error as CacheError where error.isOfCacheFile {
        return try ownFile(of: index, imageSize: .max, because: error, scratch)
      }
    }
  }

  /// Nil if the mapped pixels prepared last were intact during their use; else the same tile from the image's own file.
  /// Throws as `prepare`.
  package func replacement(of index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView? {
    try replacement(of: index, scratch: scratch).map { scratch.crop($0, tile) }
  }

  /// Nil if the mapped pixels prepared last were intact during their use; else the same image from its own file. Throws
  /// as `prepare`.
  package func replacement(of index: Int, scratch: DecodeScratch) throws -> ImageView? {
    guard let record = scratch.lent else { return nil }
    scratch.lent = nil
    do {
      try file.checkWhole(index, record)
      return nil
    } catch let error as CacheError where error.isOfCacheFile {
      return try ownFile(of: index, imageSize: imageSize, because: error, scratch)
    }
  }

  /// The pixels of an image that the cache file cannot give. Throws `error` if the path of its own file is unknown.
  private func ownFile(
    of index: Int, imageSize: Int, because error: CacheError, _ scratch: DecodeScratch
  ) throws -> ImageView {
    try file.checkIndex()
    guard let fallback else { throw error }
    let (bytes, path) = try fallback.read(
      index, file.items.entry(index).imageChecksum, because: error, scratch: scratch)
    return try scratch.decode(
      bytes, path: path, size: file.items.size(index), channels: channels, imageSize: imageSize,
      window: window)
  }

  /// Throws `CacheError.damagedFile` if part of the index could not be read since the file was opened.
  package func check() throws { try file.checkIndex() }

  /// The reason why there is no stored image: the image is damaged, or the index can no longer be read.
  func failure(_ index: Int) -> any Error {
    do {
      try file.checkIndex()
    } catch {
      return error
    }
    return CacheError.damagedImage(
      path: file.items.imageID(index), reason: file.items.damage(index) ?? "it has no pixels")
  }
}
