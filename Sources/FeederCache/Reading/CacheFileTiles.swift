import FeederCore
import FeederImaging

/// Tiles of the records of a tiled file.
extension CacheFile {
  /// Copies `tile` of image `index`, which has a record of a tiled file, to `target`: channel after channel. Reads its blocks
  /// from the storage first if they are not in memory, and verifies each block once.
  ///
  /// Throws `CacheError.damagedFile` if a block is damaged or was lost, `.system` if the storage fails.
  func copy(
    _ tile: Tile, of index: Int, size: PixelSize, scratch: DecodeScratch, into target: UnsafeMutableRawBufferPointer
  ) throws {
    let (record, bytes) = (TiledRecord(size, channels: recipe.channels), mappedRecord(index))
    precondition(tile.isInside(size), "a tile lies inside its image")
    let firstPage = items.place(index).offset / CacheFormat.pageByteCount
    let isVerified = isVerified(tile, record, firstPage)
    try pageIn(record.parts(of: tile, withTable: !isVerified, in: bytes), scratch)
    if !isVerified { try verify(tile, index, record, bytes, firstPage) }
    record.blocks.gather(tile, from: UnsafeRawBufferPointer(rebasing: bytes[record.tableByteCount...]), into: target)
    for part in record.parts(of: tile, withTable: false, in: bytes) { try checkWhole(index, part) }
  }

  /// Starts to read the blocks of `tile` of image `index` that are not in memory, without waiting.
  func willNeed(_ tile: Tile, of index: Int) {
    guard residency.isWatchful, let size = items.storedSize(index) else { return }
    let (record, bytes) = (TiledRecord(size, channels: recipe.channels), mappedRecord(index))
    guard tile.isInside(size), bytes.count == record.byteCount else { return }
    residency.willNeed(record.parts(of: tile, withTable: true, in: bytes))
  }

  /// Bytes of the blocks of `tile`, and of their part of the table.
  func byteCount(of tile: Tile, of index: Int) -> Int {
    guard let size = items.storedSize(index), tile.isInside(size) else { return 0 }
    let (record, bytes) = (TiledRecord(size, channels: recipe.channels), mappedRecord(index))
    return record.parts(of: tile, withTable: true, in: bytes).reduce(0) { $0 + $1.count }
  }

  /// The page of the file that block `number` begins with. A verified block is noted by it.
  private func page(_ number: Int, _ record: TiledRecord, _ firstPage: Int) -> Int {
    firstPage + record.place(number).lowerBound / CacheFormat.pageByteCount
  }

  private func isVerified(_ tile: Tile, _ record: TiledRecord, _ firstPage: Int) -> Bool {
    let columns = record.blocks.columns(of: tile)
    for row in record.blocks.rows(of: tile) {
      for column in columns
      where !verified.contains(page(row * record.blocks.columnCount + column, record, firstPage)) { return false }
    }
    return true
  }

  private func verify(
    _ tile: Tile, _ index: Int, _ record: TiledRecord, _ bytes: UnsafeRawBufferPointer, _ firstPage: Int
  ) throws {
    try map.checkSize()
    let columns = record.blocks.columns(of: tile)
    for row in record.blocks.rows(of: tile) {
      for column in columns {
        let number = row * record.blocks.columnCount + column
        let page = page(number, record, firstPage)
        guard !verified.contains(page) else { continue }
        guard record.isIntact(number, in: bytes) else {
          throw CacheError.damagedFile(
            path: path,
            problem: "block \(column), \(row) of image '\(items.imageID(index))' has a wrong checksum")
        }
        verified.insert(page)
      }
    }
  }
}
