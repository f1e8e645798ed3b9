import CPixels
import FeederCore
import FeederImaging

/// Reads the rows of one plane from the top down, from strips or tiles; differences are summed up.
///
/// Bytes that are not packed are lent from the file; else it holds some rows, or one row of tiles.
final class TIFFRows {
  private let unpacker = TIFFUnpacker()
  private var memory = GrowingBuffer()
  private var piece = GrowingBuffer()
  private var part = 0
  private var partRowsLeft = 0
  private var rowsLeft = 0
  /// True if a part holds more than its rows.
  private(set) var hasMore = false

  /// Bytes that are unpacked at once: they stay in the nearer caches until they are used.
  private static let mostPieceBytes = 64 << 10

  /// Begins with the top row of `plane`.
  func start(_ picture: TIFFPicture, plane: Int) {
    part = plane * picture.parts.rowCount * picture.parts.columnCount
    partRowsLeft = 0
    hasMore = false
    rowsLeft = picture.pixels.size.height
  }

  /// The next rows, one after the other, at least one; valid until the next call. How many it are depends on the picture alone, so
  /// that all planes give as many. Throws `ImagingError`.
  func next(_ picture: TIFFPicture, _ file: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
    picture.parts.isTiled ? try nextTiles(picture, file) : try nextOfStrip(picture, file)
  }

  private func nextOfStrip(_ picture: TIFFPicture, _ file: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
    let parts = picture.parts
    let packed = UnsafeRawBufferPointer(rebasing: file[try parts.range(part)])
    let rowByteCount = parts.partRowByteCount
    guard picture.packing != .none else {
      let byteCount = parts.byteCount(part)
      part += 1
      return UnsafeRawBufferPointer(rebasing: packed[..<byteCount])
    }
    if partRowsLeft == 0 {
      partRowsLeft = parts.rows(part)
      try unpacker.begin(picture.packing, packed, part: parts.name(part))
    }
    let rows = min(partRowsLeft, max(Self.mostPieceBytes / rowByteCount, 1))
    let target = memory.bytes(rows * rowByteCount + TIFFUnpacker.slack)
    let filled = UnsafeMutableRawBufferPointer(rebasing: target[..<(rows * rowByteCount)])
    try unpack(filled, picture)
    partRowsLeft -= rows
    if partRowsLeft == 0 { try finishPart() }
    return UnsafeRawBufferPointer(filled)
  }

  /// A row of tiles.
  private func nextTiles(_ picture: TIFFPicture, _ file: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
    let parts = picture.parts
    let rows = min(parts.height, rowsLeft)
    let tileRow = parts.partRowByteCount
    let target = memory.bytes(rows * parts.planeRowByteCount)
    for column in 0..<parts.columnCount {
      let packed = UnsafeRawBufferPointer(rebasing: file[try parts.range(part)])
      let left = column * tileRow
      let width = min(tileRow, parts.planeRowByteCount - left)
      func place(_ tile: UnsafeRawBufferPointer, row: Int) {
        for index in 0..<max(min(tile.count / tileRow, rows - row), 0) {
          let start = (row + index) * parts.planeRowByteCount + left
          UnsafeMutableRawBufferPointer(rebasing: target[start..<start + width])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: tile[index * tileRow..<index * tileRow + width]))
        }
      }
      if picture.packing == .none {
        place(UnsafeRawBufferPointer(rebasing: packed[..<(rows * tileRow)]), row: 0)
        part += 1
      } else {
        try unpacker.begin(picture.packing, packed, part: parts.name(part))
        let pieceRows = max(Self.mostPieceBytes / tileRow, 1)
        for row in stride(from: 0, to: parts.height, by: pieceRows) {
          let byteCount = min(pieceRows, parts.height - row) * tileRow
          let filled = UnsafeMutableRawBufferPointer(
            rebasing: piece.bytes(byteCount + TIFFUnpacker.slack)[..<byteCount])
          try unpack(filled, picture)
          place(UnsafeRawBufferPointer(filled), row: row)
        }
        try finishPart()
      }
    }
    rowsLeft -= rows
    return UnsafeRawBufferPointer(target)
  }

  private func finishPart() throws {
    hasMore = try unpacker.finish() || hasMore
    part += 1
  }

  /// Fills `target` with the next rows of the part, and sums up their differences. Slack lies behind it.
  private func unpack(_ target: UnsafeMutableRawBufferPointer, _ picture: TIFFPicture) throws {
    guard let base = target.baseAddress else { return }
    try unpacker.read(target.count, into: base)
    guard picture.hasDifferences else { return }
    let rowByteCount = picture.parts.partRowByteCount
    let sampleByteCount = picture.pixels.bits / 8
    if sampleByteCount == 2, picture.directory.tiff.isBigEndian != (1.bigEndian == 1) {
      feeder_swap_words(base.assumingMemoryBound(to: UInt16.self), target.count / 2)
    }
    let addLeft = PixelLevel.active.kernels.pointee.add_left
    for row in stride(from: 0, to: target.count, by: rowByteCount) {
      addLeft(
        (base + row).assumingMemoryBound(to: UInt8.self), Int64(rowByteCount), Int32(picture.samplesPerPlanePixel),
        Int32(sampleByteCount))
    }
  }
}
