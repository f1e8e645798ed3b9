import FeederCore
import FeederImaging

/// The bytes of a tiled record: a table of one checksum per block, filled up with zeros to whole pages, then the blocks.
///
/// The index has the checksum of the table. A reader of a tile compares its blocks with the table alone, so a damaged page
/// costs only the tiles on it.
struct TiledRecord: Hashable {
  let blocks: PixelBlocks

  init(_ size: PixelSize, channels: Int) { blocks = PixelBlocks(size, channels: channels) }

  private static let entryByteCount = 8

  /// Bytes of the table.
  var tableByteCount: Int {
    CacheFormat.aligned(blocks.count * Self.entryByteCount, to: CacheFormat.pageByteCount)
  }
  /// Bytes of the record.
  var byteCount: Int { tableByteCount + blocks.byteCount }

  /// The bytes of block `number` in the record.
  func place(_ number: Int) -> Range<Int> {
    let start = tableByteCount + number * blocks.blockByteCount
    return start..<start + blocks.blockByteCount
  }

  /// The checksum of block `number` that the table of `record` gives.
  func checksum(_ number: Int, in record: UnsafeRawBufferPointer) -> UInt64 {
    UInt64(littleEndian: record.loadUnaligned(fromByteOffset: number * Self.entryByteCount, as: UInt64.self))
  }

  /// True if block `number` has the checksum in the table.
  func isIntact(_ number: Int, in record: UnsafeRawBufferPointer) -> Bool {
    Checksum.xxh64(UnsafeRawBufferPointer(rebasing: record[place(number)])) == checksum(number, in: record)
  }

  /// True if the table has `checksum` and all blocks have theirs.
  func isIntact(_ record: UnsafeRawBufferPointer, tableChecksum: UInt64) -> Bool {
    record.count == byteCount
      && Checksum.xxh64(UnsafeRawBufferPointer(rebasing: record[..<tableByteCount])) == tableChecksum
      && (0..<blocks.count).allSatisfy { isIntact($0, in: record) }
  }

  /// The table of `checksums`, one per block.
  func table(_ checksums: [UInt64]) -> [UInt8] {
    var writer = ByteWriter()
    for checksum in checksums { writer.put(checksum) }
    writer.pad(to: tableByteCount)
    return writer.bytes
  }

  /// The parts of `record` that a use of `tile` reads: the table's, if `withTable`, then a run of blocks per row.
  func parts(
    of tile: Tile, withTable: Bool, in record: UnsafeRawBufferPointer
  ) -> some Sequence<UnsafeRawBufferPointer> {
    let (rows, columns) = (blocks.rows(of: tile), blocks.columns(of: tile))
    let columnCount = blocks.columnCount
    return ((withTable ? rows.lowerBound - 1 : rows.lowerBound)..<rows.upperBound).lazy.map { row in
      if row < rows.lowerBound {
        let first = rows.lowerBound * columnCount + columns.lowerBound
        let end = (rows.upperBound - 1) * columnCount + columns.upperBound
        return UnsafeRawBufferPointer(rebasing: record[first * Self.entryByteCount..<end * Self.entryByteCount])
      }
      let start = place(row * columnCount + columns.lowerBound).lowerBound
      return UnsafeRawBufferPointer(rebasing: record[start..<start + columns.count * blocks.blockByteCount])
    }
  }
}
