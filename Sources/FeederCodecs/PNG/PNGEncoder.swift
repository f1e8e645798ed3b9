import FeederImaging

/// Turns pixels into a PNG (W3C, "Portable Network Graphics", 3rd edition) without compression: for single pictures whose
/// every pixel must stay, in a file that everybody opens.
package enum PNGEncoder {
  /// A whole PNG file of `image`: 8 bits, grey or RGB. Equal pixels give equal bytes.
  package static func encode(_ image: Pixels) -> [UInt8] {
    var rows: [UInt8] = []
    let rowByteCount = image.size.width * image.channels
    for row in 0..<image.size.height {
      rows.append(0)  // no filter
      rows += image.bytes[row * rowByteCount..<(row + 1) * rowByteCount]
    }
    let colour: UInt8 = image.channels == 1 ? 0 : 2
    return PNGChunks.signature
      + chunk(
        .header, bigEndian(UInt32(image.size.width)) + bigEndian(UInt32(image.size.height)) + [8, colour, 0, 0, 0])
      + chunk(.data, stored(rows)) + chunk(.end, [])
  }

  /// A zlib stream (RFC 1950) of blocks that are not compressed (RFC 1951, 3.2.4).
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    let largest = Int(UInt16.max)
    for start in stride(from: 0, to: bytes.count, by: largest) {
      let block = bytes[start..<min(start + largest, bytes.count)]
      let count = UInt16(block.count)
      stream.append(block.endIndex == bytes.count ? 1 : 0)
      for number in [count, ~count] { stream += [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)] }
      stream += block
    }
    return stream + bigEndian(adler(bytes))
  }

  /// Adler-32 (RFC 1950).
  private static func adler(_ bytes: [UInt8]) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return b << 16 | a
  }

  private static func chunk(_ name: PNGChunks.Name, _ payload: [UInt8]) -> [UInt8] {
    let body = bigEndian(name.code) + payload
    let sum = ~body.reduce(~0 as UInt32) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
    return bigEndian(UInt32(payload.count)) + body + bigEndian(sum)
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }

  /// CRC-32 of PNG, by byte.
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
  }
}
