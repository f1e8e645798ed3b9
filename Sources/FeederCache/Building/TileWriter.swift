import FeederCodecs
import FeederCore
import FeederImaging

/// Writes tiled records: decodes an image in bands, cuts them into blocks and writes these. The picture is never in memory
/// as a whole, unless its format or its orientation asks for that.
struct TileWriter: Sendable {
  let channels: Int
  let window: LevelWindow
  let limits: ImageLimits
  /// Bytes that all threads together may take.
  let memory: Int
  private let gate: MemoryGate

  init(channels: Int, window: LevelWindow, limits: ImageLimits, memory: Int) {
    self.channels = channels
    self.window = window
    self.limits = limits
    self.memory = memory
    gate = MemoryGate(limit: memory)
  }

  /// Writes the record of the image of `size` at `path` to `offset`. Returns its length and the checksum of its table.
  ///
  /// Throws `CacheError.damagedImage` if it does not decode, with zeros in place of the record, `.changedSource` if the file has
  /// no longer the stamp `seen`, `.memory` if it takes more than `memory`, and `.system` if a write fails.
  func write(
    _ path: String, size: PixelSize, seen: FileStamp, offset: Int, _ write: TemporaryFile.Writer,
    _ scratch: DecodeScratch
  ) throws -> (length: Int, checksum: UInt64) {
    let source = try SourceMap(path, limits: limits)
    guard source.stamp == seen else { throw CacheError.changedSource(path: path) }
    let record = TiledRecord(size, channels: channels)
    let blocks = record.blocks
    var checksums = [UInt64](repeating: 0, count: blocks.count)
    var taken = 0
    defer { gate.leave(taken) }
    do {
      try scratch.decodeBands(
        of: source, path: path, size: size, channels: channels, window: window, limits: limits,
        height: PixelBlocks.side,
        allow: { byteCount, isWhole in
          guard !isWhole || byteCount <= memory else {
            throw CacheError.memory(path: path, needed: byteCount, budget: memory)
          }
          gate.enter(byteCount)
          taken = byteCount
        },
        take: { first, band in
          let row = first / PixelBlocks.side
          let bytes = scratch.blockMemory(blocks.rowByteCount)
          blocks.split(band, into: bytes)
          for column in 0..<blocks.columnCount {
            let place = column * blocks.blockByteCount..<(column + 1) * blocks.blockByteCount
            checksums[row * blocks.columnCount + column] = Checksum.xxh64(
              UnsafeRawBufferPointer(rebasing: bytes[place]))
          }
          try write(
            UnsafeRawBufferPointer(bytes), offset: offset + record.tableByteCount + row * blocks.rowByteCount)
        })
    } catch {
      try write.zeros(record.byteCount, offset: offset)
      throw error
    }
    let table = record.table(checksums)
    try table.withUnsafeBytes { try write($0, offset: offset) }
    return (record.byteCount, Checksum.xxh64(table))
  }

  /// Copies the record of image `index` of `old` to `offset`, row of blocks by row of blocks. Throws `CacheError.damagedFile`
  /// if one of its checksums is wrong or it cannot be read, `.system` if a write fails.
  func copy(_ index: Int, of old: CacheFile, size: PixelSize, offset: Int, _ write: TemporaryFile.Writer) throws {
    let record = TiledRecord(size, channels: channels)
    let bytes = try old.uncheckedRecord(index)
    guard bytes.count == record.byteCount, old.isTableIntact(index, bytes[..<record.tableByteCount]) else {
      throw old.damage(index)
    }
    try write(UnsafeRawBufferPointer(rebasing: bytes[..<record.tableByteCount]), offset: offset)
    for row in 0..<record.blocks.rowCount {
      let numbers = row * record.blocks.columnCount..<(row + 1) * record.blocks.columnCount
      guard numbers.allSatisfy({ record.isIntact($0, in: bytes) }) else { throw old.damage(index) }
      let place = record.place(numbers.lowerBound).lowerBound
      let part = UnsafeRawBufferPointer(rebasing: bytes[place..<place + record.blocks.rowByteCount])
      try write(part, offset: offset + place)
      try old.checkWhole(index, part)
      old.map.release()
    }
  }
}
