import BoardSupport

extension FuzzTarget {
  private func samples(_ count: Int, bits: Int) -> [Int] { (0..<count).map { $0 * $0 / 7 & (1 << bits - 1) } }

  /// Small TIFFs of each packing: grey, colour and alpha, strips and tiles, both byte orders.
  func tiffSeeds() -> [[UInt8]] {
    TIFFPieces.Packing.allCases.flatMap { packing in
      [(1, 8), (1, 16), (3, 8), (4, 16)].map { channels, bits in
        var pieces = TIFFPieces()
        pieces.packing = packing
        (pieces.isBigEndian, pieces.isBig) = (channels == 3, bits == 16)
        pieces.hasDifferences = packing == .lzw || packing == .deflate
        pieces.arePlanesApart = channels == 3 && packing == .lzw
        if channels == 4 { pieces.tile = (16, 16) } else { pieces.rowsPerStrip = 5 }
        pieces.orientation = channels + 2
        return pieces.file(
          samples(21 * 18 * channels, bits: bits), width: 21, height: 18, channels: channels, bits: bits)
      }
    }
  }

  /// Small BMPs of every width of a pixel.
  func bmpSeeds() -> [[UInt8]] {
    [1, 4, 8, 16, 24, 32].map { bits in
      var pieces = BMPPieces()
      pieces.isTopDown = bits == 24
      if bits == 16 { (pieces.compression, pieces.masks) = (3, [0xF800, 0x07E0, 0x001F]) }
      if bits <= 8 { pieces.palette = (0..<1 << bits).map { ($0, $0, 255 - $0) } }
      return pieces.file(samples(15 * 9, bits: bits), width: 15, height: 9, bits: bits)
    }
  }
}
