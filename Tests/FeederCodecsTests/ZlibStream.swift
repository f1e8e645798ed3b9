/// zlib streams (RFC 1950, 1951) written in the plainest way.
enum ZlibStream {
  /// `bytes` in stored blocks.
  static func stored(_ bytes: [UInt8], blockByteCount: Int = 65_535) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var place = 0
    repeat {
      let end = min(place + blockByteCount, bytes.count)
      let count = UInt16(end - place)
      stream += [end == bytes.count ? 1 : 0, UInt8(count & 255), UInt8(count >> 8)]
      stream += [UInt8(~count & 255), UInt8(~count >> 8)] + bytes[place..<end]
      place = end
    } while place < bytes.count
    return stream + adler(bytes)
  }

  /// `count` times the same byte (a literal, then copies at distance 1) in the fixed code: some 1,000 bytes out of one.
  static func run(of byte: UInt8, count: Int) -> [UInt8] {
    var bits = BitWriter()
    bits.append(1, 1)
    bits.append(1, 2)
    func literal() {
      if byte < 144 { bits.appendCode(0x30 + Int(byte), 8) } else { bits.appendCode(0x190 + Int(byte) - 144, 9) }
    }
    var left = count
    literal()
    left -= 1
    while left >= 258 {
      bits.appendCode(0b1100_0101, 8)  // length 258
      bits.appendCode(0, 5)  // distance 1
      left -= 258
    }
    for _ in 0..<left { literal() }
    bits.appendCode(0, 7)
    return [0x78, 0x01] + bits.bytes + adler([UInt8](repeating: byte, count: count))
  }

  /// Adler-32, the upper byte first.
  static func adler(_ bytes: [UInt8]) -> [UInt8] {
    var (low, high) = (UInt32(1), UInt32(0))
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return [UInt8(high >> 8), UInt8(high & 255), UInt8(low >> 8), UInt8(low & 255)]
  }

  /// Bits from the lowest of each byte on.
  private struct BitWriter {
    var bytes: [UInt8] = []
    private var bitCount = 0

    mutating func append(_ value: Int, _ count: Int) {
      for bit in 0..<count {
        if bitCount % 8 == 0 { bytes.append(0) }
        if value >> bit & 1 == 1 { bytes[bytes.count - 1] |= 1 << UInt8(bitCount % 8) }
        bitCount += 1
      }
    }

    /// A code, whose highest bit comes first.
    mutating func appendCode(_ code: Int, _ count: Int) {
      for bit in (0..<count).reversed() { append(code >> bit & 1, 1) }
    }
  }
}
