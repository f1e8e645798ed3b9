/// Writes small TIFF files of every kind that is read, and of kinds that must be refused.
package struct TIFFPieces {
  /// The ways to pack a strip or tile.
  package enum Packing: Int, CaseIterable, Sendable {
    case none = 1, lzw = 5, deflate = 8, packBits = 32_773
  }

  package var isBigEndian = false
  package var isBig = false
  package var packing = Packing.none
  package var hasDifferences = false
  package var arePlanesApart = false
  /// Rows of a strip; nil: all rows are in one, and the directory does not say so.
  package var rowsPerStrip: Int?
  /// Width and height of tiles; nil: strips.
  package var tile: (width: Int, height: Int)?
  package var photometric: Int?
  /// Numbers of the palette, three rows of them.
  package var colourMap: [Int] = []
  package var orientation = 1
  /// Fields that are added, or that replace another of the same tag.
  package var fields: [Int: [Int]] = [:]
  /// Tags that are left out.
  package var missing: Set<Int> = []
  /// Directories behind the first: copies of it.
  package var morePages = 0
  /// Numbers of offsets and counts have 16 bits where that suffices.
  package var hasShortPlaces = false

  /// The settings of a plain file.
  package init() {}

  /// A file of `samples`, row by row, a pixel's side by side, of `bits` (1 to 16) each.
  package func file(_ samples: [Int], width: Int, height: Int, channels: Int, bits: Int) -> [UInt8] {
    let planeCount = arePlanesApart ? channels : 1
    let each = arePlanesApart ? 1 : channels
    let partWidth = tile?.width ?? width
    let partHeight = tile?.height ?? (rowsPerStrip ?? height)
    var parts: [[UInt8]] = []
    for plane in 0..<planeCount {
      for top in stride(from: 0, to: height, by: partHeight) {
        for left in stride(from: 0, to: width, by: partWidth) {
          let rows = tile == nil ? min(partHeight, height - top) : partHeight
          var bytes: [UInt8] = []
          for y in top..<top + rows {
            var row = (left..<left + partWidth).flatMap { x in
              // Tiles beyond the edge hold anything.
              (0..<each).map { y < height && x < width ? samples[(y * width + x) * channels + plane + $0] : 5 }
            }
            if hasDifferences {
              for place in stride(from: row.count - 1, through: each, by: -1) {
                row[place] = (row[place] - row[place - each]) & (1 << bits - 1)
              }
            }
            bytes += packedBits(row, bits)
          }
          parts.append(packed(bytes))
        }
      }
    }
    return container(parts, width: width, height: height, channels: channels, bits: bits)
  }

  private func packedBits(_ row: [Int], _ bits: Int) -> [UInt8] {
    if bits == 16 { return row.flatMap { number($0, 2) } }
    var bytes = [UInt8](repeating: 0, count: (row.count * bits + 7) / 8)
    for (index, sample) in row.enumerated() {
      bytes[index * bits / 8] |= UInt8(sample << (8 - bits - index * bits % 8))
    }
    return bytes
  }

  /// A number of so many bytes in the file's order.
  package func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * (isBigEndian ? byteCount - 1 - $0 : $0))) }
  }

  private func packed(_ bytes: [UInt8]) -> [UInt8] {
    switch packing {
    case .none: bytes
    case .lzw: Self.lzw(bytes)
    case .deflate: Self.zlib(bytes)
    case .packBits: Self.packBits(bytes)
    }
  }

  /// PackBits: runs of 3 and more, else up to 128 bytes as they are; now and then a byte that means nothing.
  package static func packBits(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [128]
    var place = 0
    var kept: [UInt8] = []
    func keep() {
      if !kept.isEmpty { out += [UInt8(kept.count - 1)] + kept }
      kept = []
    }
    while place < bytes.count {
      var run = 1
      while run < 128, place + run < bytes.count, bytes[place + run] == bytes[place] { run += 1 }
      if run >= 3 {
        keep()
        out += [UInt8(257 - run), bytes[place]]
        place += run
      } else {
        kept.append(bytes[place])
        if kept.count == 128 { keep() }
        place += 1
      }
    }
    keep()
    return out
  }

  /// TIFF's LZW, as section 13 of TIFF 6.0 describes it; a clear code when the table is full.
  package static func lzw(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var (held, heldCount) = (0, 0)
    func put(_ code: Int, _ width: Int) {
      held = held << width | code
      heldCount += width
      while heldCount >= 8 {
        out.append(UInt8(truncatingIfNeeded: held >> (heldCount - 8)))
        heldCount -= 8
        held &= 1 << heldCount - 1
      }
    }
    struct Link: Hashable {
      let code: Int
      let next: UInt8
    }
    var table: [Link: Int] = [:]
    var (free, width) = (258, 9)
    put(256, width)
    var current: Int?
    for byte in bytes {
      guard let code = current else {
        current = Int(byte)
        continue
      }
      if let longer = table[Link(code: code, next: byte)] {
        current = longer
        continue
      }
      put(code, width)
      table[Link(code: code, next: byte)] = free
      free += 1
      if free == 4094 {
        put(256, width)
        table = [:]
        (free, width) = (258, 9)
      } else if free == 1 << width {
        width += 1
      }
      current = Int(byte)
    }
    if let current { put(current, width) }
    // The decoder has one more string by now, which may widen the last code.
    put(257, free + 1 >= 1 << width ? width + 1 : width)
    put(0, 7)
    return out
  }

  /// A zlib stream of stored blocks.
  package static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x78, 0x01]
    var (a, b) = (1, 0)
    for byte in bytes {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(1000)
      rest = rest.dropFirst(1000)
      let count = block.count
      out += [
        rest.isEmpty ? 1 : 0, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8 & 255),
      ]
      out += block
    } while !rest.isEmpty
    return out + [UInt8(b >> 8), UInt8(b & 255), UInt8(a >> 8), UInt8(a & 255)]
  }

  /// The file around its parts: header, parts, values, directories.
  private func container(_ parts: [[UInt8]], width: Int, height: Int, channels: Int, bits: Int) -> [UInt8] {
    let word = isBig ? 8 : 4
    var file: [UInt8] = isBigEndian ? [0x4D, 0x4D] : [0x49, 0x49]
    file += isBig ? number(43, 2) + number(8, 2) + number(0, 2) : number(42, 2)
    let start = file.count
    file += number(0, word)
    var offsets: [Int] = []
    for part in parts {
      offsets.append(file.count)
      file += part
    }
    var values: [Int: [Int]] = [
      256: [width], 257: [height], 258: [Int](repeating: bits, count: channels), 259: [packing.rawValue],
      262: [photometric ?? (channels >= 3 ? 2 : 1)], 274: [orientation], 277: [channels],
      284: [arePlanesApart ? 2 : 1], 317: [hasDifferences ? 2 : 1],
    ]
    if let tile {
      values[322] = [tile.width]
      values[323] = [tile.height]
      values[324] = offsets
      values[325] = parts.map(\.count)
    } else {
      values[273] = offsets
      values[279] = parts.map(\.count)
      if let rowsPerStrip { values[278] = [rowsPerStrip] }
    }
    if !colourMap.isEmpty { values[320] = colourMap }
    for (tag, value) in fields { values[tag] = value }
    for tag in missing { values[tag] = nil }
    var pointer = start
    for _ in 0...morePages {
      addDirectory(values, to: &file, pointer: &pointer, word: word)
    }
    return file
  }

  private func addDirectory(_ values: [Int: [Int]], to file: inout [UInt8], pointer: inout Int, word: Int) {
    if file.count % 2 == 1 { file.append(0) }
    var entries: [UInt8] = []
    for (tag, numbers) in values.sorted(by: { $0.key < $1.key }) {
      let isPlace = [273, 279, 324, 325].contains(tag)
      let isShort = numbers.allSatisfy { $0 < 65_536 } && (!isPlace || hasShortPlaces)
      let byteCount = isShort ? 2 : isBig && isPlace ? 8 : 4
      let bytes = numbers.flatMap { number($0, byteCount) }
      entries += number(tag, 2) + number(isShort ? 3 : byteCount == 8 ? 16 : 4, 2) + number(numbers.count, word)
      if bytes.count <= word {
        entries += bytes + [UInt8](repeating: 0, count: word - bytes.count)
      } else {
        entries += number(file.count, word)
        file += bytes
      }
    }
    file.replaceSubrange(pointer..<pointer + word, with: number(file.count, word))
    file += number(values.count, isBig ? 8 : 2) + entries
    pointer = file.count
    file += number(0, word)
  }
}
