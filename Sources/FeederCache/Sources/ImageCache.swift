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
  /// The most bytes of a worker's scratch; 0 for pixels, which are used as they are mapped, and a tile for tiles.
  package let scratchByteCount: Int
  private let imageSize: Int
  private let window: LevelWindow
  private let limits: ImageLimits
  private let fallback: SourceFallback?

  /// Reads images of `channels` channels at the scale that fits `imageSize`, their levels mapped by `window`. For a pixel
  /// file all three must be the file's own. If there is a `tileSide`, images are decoded in full, for tiles of at most so
  /// many pixels per side; a tiled file needs one. Image files are decoded within `limits`.
  package init(
    _ file: CacheFile, channels: Int, imageSize: Int, tileSide: Int? = nil, window: LevelWindow = .full,
    limits: ImageLimits = .standard, fallback: SourceFallback? = nil
  ) {
    let fits =
      switch file.recipe.form {
      case .encoded: true
      case .pixels: file.recipe == .pixels(channels: channels, imageSize: imageSize, window: window)
      case .tiles: file.recipe == .tiles(channels: channels, window: window) && tileSide != nil
      }
    precondition(fits, "a pixel cache is read as it was made")
    self.file = file
    self.channels = channels
    self.imageSize = tileSide == nil ? imageSize : .max
    self.window = window
    self.limits = limits
    self.fallback = fallback
    var room = DecodeRoom(channels: channels, imageSize: imageSize, tileSide: tileSide)
    file.items.forEachSize { room.note($0, isTurned: $1) }
    largestWidth = room.width
    scratchByteCount =
      switch file.recipe.form {
      case .encoded: room.byteCount
      case .pixels: 0
      case .tiles: room.tileByteCount
      }
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
      switch file.recipe.form {
      case .encoded: return try decode(index, size, imageSize: imageSize, scratch)
      case .tiles: return try prepare(index, tile: Tile(whole: size), scratch: scratch)
      case .pixels: break
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
        record, path: file.items.imageID(index), size: size, channels: channels, imageSize: imageSize, window: window,
        limits: limits)
    }
  }

  /// Prepares the pixels of a tile. Encoded bytes are decoded as a whole, unless that was done last. Blocks are copied, and
  /// if one is damaged, the tile comes from the image's own file. Throws as `prepare`.
  package func prepare(_ index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView {
    guard let size = file.items.storedSize(index) else { throw failure(index) }
    switch file.recipe.form {
    case .pixels: return scratch.crop(try prepare(index, scratch: scratch), tile)
    case .encoded:
      return try scratch.tile(tile, of: index, of: self) {
        do {
          return try decode(index, size, imageSize: .max, scratch)
        } catch let error as CacheError where error.isOfCacheFile {
          return try ownFile(of: index, imageSize: .max, because: error, scratch)
        }
      }
    case .tiles:
      let target = scratch.tileMemory(tile.size.width * tile.size.height * channels)
      do {
        try file.copy(tile, of: index, size: size, scratch: scratch, into: target)
      } catch let error as CacheError where error.isOfCacheFile {
        return try ownTile(tile, of: index, size, because: error, scratch)
      }
      return ImageView(UnsafeRawBufferPointer(target), size: tile.size, channels: channels, layout: .planar)
    }
  }

  /// Nil if the mapped pixels prepared last were intact during their use; else the same tile from the image's own file.
  /// Throws as `prepare`. Tiles of a tiled file are copies, which `prepare` has checked.
  package func replacement(of index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView? {
    try replacement(of: index, scratch: scratch).map { scratch.crop($0, tile) }
  }

  /// Starts to read the blocks of `tile`, or the whole record of another form, without waiting.
  package func willNeed(_ index: Int, tile: Tile) {
    file.recipe.form == .tiles ? file.willNeed(tile, of: index) : file.willNeed(index)
  }

  /// Bytes of the blocks of `tile`, or of the whole record of another form.
  package func storedByteCount(of index: Int, tile: Tile) -> Int {
    file.recipe.form == .tiles ? file.byteCount(of: tile, of: index) : storedByteCount(of: index)
  }

  /// A tile that the cache file cannot give, decoded from the image's own file, which is not in memory as a whole. Throws
  /// `error` if the path of its own file is unknown.
  private func ownTile(
    _ tile: Tile, of index: Int, _ size: PixelSize, because error: CacheError, _ scratch: DecodeScratch
  ) throws -> ImageView {
    try file.checkIndex()
    guard let fallback else { throw error }
    let path = try fallback.path(index, file.items.entry(index).imageChecksum, because: error)
    let source = try SourceMap(path, limits: limits)
    let target = scratch.tileMemory(tile.size.width * tile.size.height * channels)
    let rowByteCount = tile.size.width * channels
    try scratch.decodeBands(
      of: source, path: path, size: size, channels: channels, window: window, limits: limits, height: PixelBlocks.side
    ) { first, band in
      for y in max(first, tile.y)..<max(min(first + band.size.height, tile.y + tile.size.height), first, tile.y) {
        let from = band.base + (y - first) * band.rowStride + tile.x * channels
        UnsafeMutableRawBufferPointer(rebasing: target[((y - tile.y) * rowByteCount)...])
          .copyMemory(from: UnsafeRawBufferPointer(start: from, count: rowByteCount))
      }
    }
    return ImageView(UnsafeRawBufferPointer(target), size: tile.size, channels: channels, layout: .interleaved)
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
      index, file.items.entry(index).imageChecksum, because: error, limits: limits, scratch: scratch)
    return try scratch.decode(
      bytes, path: path, size: file.items.size(index), channels: channels, imageSize: imageSize,
      window: window, limits: limits)
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
