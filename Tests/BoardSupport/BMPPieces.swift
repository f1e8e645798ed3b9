/// Writes small BMP files of every kind that is read, and of kinds that must be refused.
package struct BMPPieces {
  /// Bytes of the header: 12, 40, 52, 56, 64, 108 or 124.
  package var headerByteCount = 40
  /// Negative: the first row is the top.
  package var isTopDown = false
  package var compression = 0
  /// Red, green, blue and alpha.
  package var masks: [Int] = []
  /// Red, green and blue of each colour.
  package var palette: [(Int, Int, Int)] = []
  /// Colours that the header tells; nil: 0, which is all.
  package var toldColours: Int?
  /// Bytes between the palette and the pixels.
  package var gap = 0
  /// Fields of the header that are replaced: place, bytes, value.
  package var fields: [(place: Int, byteCount: Int, value: Int)] = []

  /// The settings of a plain file.
  package init() {}

  /// A file of `pixels`, row by row from the top, a number of `bits` each.
  package func file(_ pixels: [Int], width: Int, height: Int, bits: Int) -> [UInt8] {
    func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
      (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let isCore = headerByteCount == 12
    var header = [UInt8](repeating: 0, count: headerByteCount)
    func put(_ place: Int, _ byteCount: Int, _ value: Int) {
      guard place + byteCount <= header.count else { return }  // a short header says less
      header.replaceSubrange(place..<place + byteCount, with: number(value, byteCount))
    }
    put(0, 4, headerByteCount)
    let size = isCore ? 2 : 4
    put(4, size, width)
    put(4 + size, size, isTopDown ? -height : height)
    put(4 + 2 * size, 2, 1)
    put(6 + 2 * size, 2, bits)
    if !isCore {
      put(16, 4, compression)
      put(32, 4, toldColours ?? 0)
    }
    var behind: [UInt8] = []
    for (index, mask) in masks.enumerated() {
      if headerByteCount >= 44 + 4 * index, headerByteCount >= 52 {
        put(40 + 4 * index, 4, mask)
      } else {
        behind += number(mask, 4)
      }
    }
    for (red, green, blue) in palette {
      behind += [UInt8(blue), UInt8(green), UInt8(red)] + (isCore ? [] : [0])
    }
    behind += [UInt8](repeating: 9, count: gap)
    let offset = 14 + headerByteCount + behind.count
    var file = Array("BM".utf8) + number(0, 8) + number(offset, 4) + header + behind
    for row in 0..<height {
      let y = isTopDown ? row : height - 1 - row
      var bytes = [UInt8](repeating: 0, count: (width * bits + 31) / 32 * 4)
      for x in 0..<width {
        let pixel = pixels[y * width + x]
        if bits < 8 {
          bytes[x * bits / 8] |= UInt8(pixel << (8 - bits - x * bits % 8))
        } else {
          bytes.replaceSubrange(x * bits / 8..<(x + 1) * bits / 8, with: number(pixel, bits / 8))
        }
      }
      file += bytes
    }
    for field in fields {
      file.replaceSubrange(field.place..<field.place + field.byteCount, with: number(field.value, field.byteCount))
    }
    return file
  }
}
