import CPixels
import FeederCore

/// A picture in blocks of 64 x 64 pixels, so that a tile of it takes few pages of a file. A block is a plane of 4096 bytes per
/// channel. Blocks lie row after row from the top, from left to right; the last ones are filled up with zeros.
package struct PixelBlocks: Hashable, Sendable {
  /// Pixels of a block per side.
  package static let side = Int(CPIXELS_BLOCK_SIDE)

  /// Size of the picture, in pixels.
  package let size: PixelSize
  /// 1 or 3.
  package let channels: Int

  /// The blocks of a picture of `size` with `channels` channels.
  package init(_ size: PixelSize, channels: Int) {
    self.size = size
    self.channels = channels
  }

  /// Blocks side by side.
  package var columnCount: Int { (size.width + Self.side - 1) / Self.side }
  /// Blocks one below the other.
  package var rowCount: Int { (size.height + Self.side - 1) / Self.side }
  /// Number of blocks.
  package var count: Int { columnCount * rowCount }
  /// Bytes of a block.
  package var blockByteCount: Int { Self.side * Self.side * channels }
  /// Bytes of a row of blocks.
  package var rowByteCount: Int { columnCount * blockByteCount }
  /// Bytes of all blocks.
  package var byteCount: Int { rowCount * rowByteCount }

  /// The columns of blocks that `tile` touches.
  package func columns(of tile: Tile) -> Range<Int> {
    tile.x / Self.side..<(tile.x + tile.size.width - 1) / Self.side + 1
  }

  /// The rows of blocks that `tile` touches.
  package func rows(of tile: Tile) -> Range<Int> {
    tile.y / Self.side..<(tile.y + tile.size.height - 1) / Self.side + 1
  }

  /// Copies `tile`, which lies inside the picture, from `blocks`, all blocks of it, to the start of `target`: channel after
  /// channel, row by row without gaps.
  package func gather(
    _ tile: Tile, from blocks: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) {
    let pixelCount = tile.size.width * tile.size.height
    precondition(tile.isInside(size), "a tile lies inside its picture")
    precondition(blocks.count >= byteCount && target.count >= pixelCount * channels, "memory for blocks and tile")
    guard let base = blocks.baseAddress, let out = target.baseAddress else { return }
    let first = tile.y / Self.side * rowByteCount + tile.x / Self.side * blockByteCount
    for channel in 0..<channels {
      let from = base + first + channel * Self.side * Self.side
      feeder_gather_blocks(
        from.assumingMemoryBound(to: UInt8.self), Int64(blockByteCount), Int64(rowByteCount),
        Int32(tile.x % Self.side), Int32(tile.y % Self.side), Int32(tile.size.width), Int32(tile.size.height),
        (out + channel * pixelCount).assumingMemoryBound(to: UInt8.self))
    }
  }

  /// Cuts `band`, the interleaved pixels of one row of blocks, into `target`, `rowByteCount` bytes.
  package func split(_ band: ImageView, into target: UnsafeMutableRawBufferPointer) {
    precondition(
      band.layout == .interleaved && band.size.width == size.width && band.size.height <= Self.side
        && band.channels == channels && target.count >= rowByteCount, "a row of blocks")
    guard let out = target.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
    feeder_split_blocks(band.base, Int32(size.width), Int32(band.size.height), Int32(channels), out)
  }
}
