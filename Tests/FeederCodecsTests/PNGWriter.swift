import FeederCore

/// Writes PNG files in the plainest way, sound or not.
struct PNGWriter {
  let size: PixelSize
  var bitDepth: UInt8 = 8
  /// 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha.
  var type: UInt8 = 0
  var isInterlaced = false
  /// The filter of row y.
  var filter: (Int) -> UInt8 = { UInt8($0 % 5) }
  /// Chunks between the header and the pixels.
  var extras: [[UInt8]] = []
  /// Chunks behind the pixels.
  var late: [[UInt8]] = []
  /// Bytes of an IDAT chunk.
  var dataByteCount = Int.max

  init(size: PixelSize) { self.size = size }

  var samplesPerPixel: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][type] ?? 1 }

  /// A chunk with its checksum.
  static func chunk(_ name: String, _ payload: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + payload
    return number(payload.count) + body + number(Int(crc(body)))
  }

  static func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

  private static let crcTable: [UInt32] = (0..<256).map { (index: UInt32) -> UInt32 in
    var value = index
    for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    return value
  }

  static func crc(_ bytes: [UInt8]) -> UInt32 {
    var sum = ~0 as UInt32
    for byte in bytes { sum = crcTable[Int((sum ^ UInt32(byte)) & 255)] ^ (sum >> 8) }
    return ~sum
  }

  var header: [UInt8] {
    Self.chunk(
      "IHDR", Self.number(size.width) + Self.number(size.height) + [bitDepth, type, 0, 0, isInterlaced ? 1 : 0])
  }

  /// The file of `samples`, pixel after pixel.
  func file(_ samples: [Int]) -> [UInt8] {
    let stream = ZlibStream.stored(packed(samples), blockByteCount: 40_000)
    let data = stride(from: 0, to: stream.count, by: min(dataByteCount, stream.count)).flatMap {
      Self.chunk("IDAT", Array(stream[$0..<min(stream.count, $0 + min(dataByteCount, stream.count))]))
    }
    return signature + header + extras.joined() + data + late.joined() + Self.chunk("IEND", [])
  }

  let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// All rows with their filters.
  func packed(_ samples: [Int]) -> [UInt8] {
    let passes =
      isInterlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    return passes.flatMap { (left, top, across, down) -> [UInt8] in
      var above: [UInt8] = []
      return stride(from: top, to: size.height, by: down).enumerated().flatMap { (number, y) -> [UInt8] in
        let row = stride(from: left, to: size.width, by: across).flatMap { x in
          (0..<samplesPerPixel).map { samples[(y * size.width + x) * samplesPerPixel + $0] }
        }
        guard !row.isEmpty else { return [] }
        let bytes = bytes(row)
        defer { above = bytes }
        return filtered(bytes, above: above.isEmpty ? [UInt8](repeating: 0, count: bytes.count) : above, filter(number))
      }
    }
  }

  private func bytes(_ row: [Int]) -> [UInt8] {
    if bitDepth == 16 { return row.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
    var bytes = [UInt8](repeating: 0, count: (row.count * Int(bitDepth) + 7) / 8)
    for (x, sample) in row.enumerated() {
      bytes[x * Int(bitDepth) / 8] |= UInt8(sample << (8 - Int(bitDepth) - x * Int(bitDepth) % 8))
    }
    return bytes
  }

  private func filtered(_ row: [UInt8], above: [UInt8], _ filter: UInt8) -> [UInt8] {
    let each = max(1, samplesPerPixel * Int(bitDepth) / 8)
    return [filter]
      + row.indices.map { i in
        let left = i < each ? 0 : Int(row[i - each])
        let up = Int(above[i])
        let corner = i < each ? 0 : Int(above[i - each])
        let guess: Int
        switch filter {
        case 1: guess = left
        case 2: guess = up
        case 3: guess = (left + up) / 2
        case 4:
          let aim = left + up - corner
          let distances = [abs(aim - left), abs(aim - up), abs(aim - corner)]
          let least = distances.min() ?? 0
          guess = distances[0] == least ? left : distances[1] == least ? up : corner
        default: guess = 0
        }
        return row[i] &- UInt8(guess)
      }
  }
}
