import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Testing

@Suite("BMP: every layout gives the pixels that were written, damage is refused in one line")
struct BMPTests {
  /// Numbers of `bits` bits, row by row.
  private func numbers(_ count: Int, bits: Int) -> [Int] {
    let noise = TestImages.noise(PixelSize(width: count, height: 1), channels: 3, seed: 8).bytes
    return (0..<count).map { index in
      (Int(noise[3 * index]) << 16 | Int(noise[3 * index + 1]) << 8 | Int(noise[3 * index + 2])) & (1 << bits - 1)
    }
  }

  private func refusal(_ file: [UInt8]) -> String? {
    do {
      _ = try ImageDecoder().decode(file, channels: 3)
      return nil
    } catch {
      #expect(error is ImagingError && !"\(error)".contains("\n"))
      return "\(error)"
    }
  }

  @Test("palettes of 1 to 8 bits in every header, from the bottom up and from the top down", arguments: [1, 2, 4, 8])
  func palettes(_ bits: Int) throws {
    let (width, height) = (37, 9)
    for headerByteCount in [12, 16, 40, 52, 56, 64, 108, 124] {
      for isTopDown in [false, true] where !isTopDown || headerByteCount != 12 {
        for kind in 0..<4 {
          var pieces = BMPPieces()
          (pieces.headerByteCount, pieces.isTopDown, pieces.gap) = (headerByteCount, isTopDown, kind)
          let isGrey = kind != 1
          // A full grey palette, one of colours, one that runs backwards, a short one that the header tells.
          let count = kind == 3 ? max(1 << bits - 3, 1) : 1 << bits
          pieces.palette = (0..<count).map { index in
            let level = index * 255 / max(count - 1, 1)
            return isGrey
              ? (kind == 2 ? (255 - level, 255 - level, 255 - level) : (level, level, level))
              : (level, 200 - level / 2, 7)
          }
          if kind == 3, headerByteCount >= 40 { pieces.toldColours = count }
          if kind == 3 || headerByteCount == 12 { pieces.gap = 0 }
          let pixels = numbers(width * height, bits: bits).map { min($0, count - 1) }
          let file = pieces.file(pixels, width: width, height: height, bits: bits)
          let header = try file.withUnsafeBytes { try ImageHeader(of: $0) }
          #expect(header.size == PixelSize(width: width, height: height) && header.channels == (isGrey ? 1 : 3))
          #expect(header.format == .bmp && header.bitDepth == 8)
          let colours = pixels.flatMap { [pieces.palette[$0].0, pieces.palette[$0].1, pieces.palette[$0].2] }
          #expect(
            try ImageDecoder().decode(file, channels: 3).bytes.map { Int($0) } == colours,
            "header \(headerByteCount), \(kind)")
          if isGrey {
            let grey = pixels.map { pieces.palette[$0].0 }
            #expect(
              try ImageDecoder().decode(file, channels: 1).bytes.map { Int($0) } == grey,
              "header \(headerByteCount), \(kind)")
          }
        }
      }
    }
  }

  @Test(
    "24 and 32 bits: blue first, rows filled up to 4 bytes, the fourth byte is nothing",
    arguments: [1, 2, 3, 5, 22, 41])
  func colours(width: Int) throws {
    let pixels = numbers(width * 7, bits: 24)
    let wanted = pixels.flatMap { [UInt8($0 >> 16), UInt8($0 >> 8 & 255), UInt8($0 & 255)] }
    for isTopDown in [false, true] {
      for bits in [24, 32] {
        var pieces = BMPPieces()
        pieces.isTopDown = isTopDown
        let file = pieces.file(pixels.map { bits == 32 ? $0 | 0x5A00_0000 : $0 }, width: width, height: 7, bits: bits)
        let decoder = try ImageDecoder()
        #expect(try decoder.decode(file, channels: 3).bytes == wanted && decoder.remarks.isEmpty)
      }
    }
  }

  @Test("bit fields of 16 and 32 bits")
  func fields() throws {
    let kinds: [(bits: Int, header: Int, compression: Int, masks: [Int])] = [
      (16, 40, 0, []), (16, 40, 3, [0xF800, 0x07E0, 0x001F]), (16, 56, 3, [0x0F00, 0x00F0, 0x000F, 0xF000]),
      (32, 40, 3, [0xFF_0000, 0xFF00, 0xFF]), (32, 108, 3, [0xFF, 0xFF00, 0xFF_0000, 0xFF00_0000]),
      (32, 124, 3, [0xFF00_0000, 0xFF_0000, 0xFF00, 0xFF]), (32, 52, 3, [0x3FF0_0000, 0xF_FC00, 0x3FF]),
      (32, 40, 6, [1, 2, 4, 8]),
    ]
    for kind in kinds {
      var pieces = BMPPieces()
      (pieces.headerByteCount, pieces.compression, pieces.masks) = (kind.header, kind.compression, kind.masks)
      let pixels = numbers(23 * 6, bits: min(kind.bits, 24)).map { kind.bits == 32 ? $0 << 8 | $0 & 0xFF : $0 }
      let masks = kind.masks.isEmpty ? [0x7C00, 0x3E0, 0x1F] : kind.masks
      let wanted = pixels.flatMap { pixel in
        masks.prefix(3).map { mask in
          var (sample, largest) = ((pixel & mask) >> mask.trailingZeroBitCount, mask >> mask.trailingZeroBitCount)
          while largest > 255 { (sample, largest) = (sample >> 1, largest >> 1) }
          return UInt8((255 * sample + largest / 2) / largest)
        }
      }
      let decoder = try ImageDecoder()
      let file = pieces.file(pixels, width: 23, height: 6, bits: kind.bits)
      #expect(try decoder.decode(file, channels: 3).bytes == wanted, "\(kind)")
      #expect(decoder.remarks == (kind.masks.count == 4 ? .transparency : []))
    }
  }

  /// A picture of runs: 16 colours, each three levels of its own.
  private func runs(_ bytes: [UInt8], width: Int, height: Int, bits: Int, isTopDown: Bool = false) -> [UInt8] {
    var pieces = BMPPieces()
    (pieces.compression, pieces.isTopDown, pieces.toldColours) = (bits == 8 ? 1 : 2, isTopDown, 16)
    pieces.palette = (0..<16).map { ($0, 2 * $0, 3 * $0) }
    let plain = pieces.file([Int](repeating: 0, count: width * height), width: width, height: height, bits: bits)
    return plain.prefix(54 + 64) + bytes
  }

  @Test("run lengths: runs, single pixels, jumps, early ends")
  func runLengths() throws {
    let kinds: [(bytes: [UInt8], bits: Int, rows: [[UInt8]], remarks: ImageRemarks)] = [
      (
        [3, 7, 0, 3, 1, 2, 3, 0, 0, 0, 6, 9, 0, 0, 0, 6, 1, 2, 3, 4, 5, 6, 0, 1], 8,
        [[7, 7, 7, 1, 2, 3], [9, 9, 9, 9, 9, 9], [1, 2, 3, 4, 5, 6]], []
      ),
      (
        [3, 0x7A, 0, 3, 0x12, 0x30, 0, 0, 6, 0x9C, 0, 0, 0, 5, 0x12, 0x34, 0x50, 0, 1, 0x60, 0, 0, 0, 1], 4,
        [[7, 10, 7, 1, 2, 3], [9, 12, 9, 12, 9, 12], [1, 2, 3, 4, 5, 6]], []
      ),
      (
        [1, 4, 0, 2, 2, 1, 1, 5, 0, 0, 2, 6, 0, 1], 8,
        [[4, 0, 0, 0, 0, 0], [0, 0, 0, 5, 0, 0], [6, 6, 0, 0, 0, 0]], .leftOut
      ),
      ([0, 2, 0, 2, 6, 3], 8, [[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [3, 3, 3, 3, 3, 3]], [.leftOut, .noEnd]),
      ([6, 1, 0, 1], 8, [[1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]], .leftOut),
      (
        [6, 1, 0, 0, 6, 2, 0, 0, 6, 3, 0, 0], 8,
        [[1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2], [3, 3, 3, 3, 3, 3]], .noEnd
      ),
    ]
    for kind in kinds {
      for isTopDown in [false, true] {
        let file = runs(kind.bytes, width: 6, height: 3, bits: kind.bits, isTopDown: isTopDown)
        let decoder = try ImageDecoder()
        let rows = isTopDown ? kind.rows : kind.rows.reversed()
        #expect(
          try decoder.decode(file, channels: 3).bytes == rows.joined().flatMap { [$0, 2 * $0, 3 * $0] }, "\(kind)")
        #expect(decoder.remarks == kind.remarks, "\(kind)")
      }
    }
  }

  @Test("run lengths that leave the picture, end early or promise too much are refused")
  func badRunLengths() {
    let cases: [(String, [UInt8])] = [
      ("leave", [7, 1, 0, 1]), ("leave", [6, 1, 1, 1, 0, 1]), ("leave", [0, 7, 1, 2, 3, 4, 5, 6, 7, 0, 0, 1]),
      ("leave", [3, 1, 0, 2, 4, 0, 0, 1]), ("leave", [6, 1, 0, 0, 6, 1, 0, 0, 6, 1, 0, 0, 6, 1]),
      ("end before", [6, 1]), ("end before", [6, 1, 0]), ("end before", [6, 1, 0, 0]), ("end before", [0, 2, 1]),
      ("end before", [0, 5, 1, 2]), ("truncated", []), ("colour 16 of a palette of 16", [6, 16, 0, 1]),
    ]
    for (word, bytes) in cases {
      let reason = refusal(runs(bytes, width: 6, height: 3, bits: 8))
      #expect(reason?.contains(word) == true, "\(bytes): \(reason ?? "is read")")
    }
    var bomb = runs([0, 1], width: 6, height: 3, bits: 8)
    bomb.replaceSubrange(18..<20, with: [0x60, 0xEA])  // 60,000 wide
    #expect(refusal(bomb)?.contains("take at least 1407 bytes") == true)
  }

  @Test("what is not read or damaged has its reason")
  func refused() {
    func file(_ bits: Int = 24, _ change: (inout BMPPieces) -> Void) -> [UInt8] {
      var pieces = BMPPieces()
      if bits == 8 { pieces.palette = (0..<256).map { ($0, $0, $0) } }
      change(&pieces)
      return pieces.file(numbers(64, bits: bits), width: 8, height: 8, bits: bits)
    }
    let cases: [(String, [UInt8])] = [
      ("compression 2 with 8 bits", file(8) { $0.compression = 2 }),
      ("compression 1 with 24 bits", file { $0.compression = 1 }),
      ("run lengths of 24 bits", file { ($0.headerByteCount, $0.compression) = (64, 4) }),
      ("JPEG inside", file { $0.compression = 4 }), ("PNG inside", file { $0.compression = 5 }),
      ("CMYK", file { $0.compression = 11 }),
      ("Huffman", file(8) { ($0.headerByteCount, $0.compression) = (64, 3) }),
      ("compression 9", file { $0.compression = 9 }),
      ("overlap", file(16) { ($0.compression, $0.masks) = (3, [0xFF00, 0x0FF0, 0xF]) }),
      ("gaps", file(16) { ($0.compression, $0.masks) = (3, [0xF500, 0x0FF, 0]) }),
      ("gaps", file(16) { ($0.compression, $0.masks) = (3, [0x1F000, 0x0FF, 0xF00]) }),
      ("24 bits", file { ($0.compression, $0.masks) = (3, [0xFF0000, 0xFF00, 0xFF]) }),
      ("0 bits", file { $0.fields = [(28, 2, 0)] }), ("9 bits", file { $0.fields = [(28, 2, 9)] }),
      ("length that no header", file { $0.fields = [(14, 4, 41 << 20)] }),
      ("length that no header", file { $0.fields = [(14, 4, 100)] }),
      ("-8 x 8", file { $0.fields = [(18, 4, -8)] }), ("limit", file { $0.fields = [(22, 4, -1 << 31)] }),
      ("0 x 8", file { $0.fields = [(18, 4, 0)] }), ("limit", file { $0.fields = [(18, 4, 65_501)] }),
      ("from byte", file { $0.fields = [(10, 4, 1 << 31)] }), ("within the header", file { $0.fields = [(10, 4, 20)] }),
      ("into its pixels", file(8) { $0.fields = [(46, 4, 1 << 31), (10, 4, 200)] }),
      ("into its pixels", file(8) { $0.fields = [(10, 4, 54)] }),
      ("is a damaged BMP", Array("BMW is a car, and this is text about it.".utf8)), ("truncated BMP", Array("BM".utf8)),
      ("palette", file(8) { ($0.palette, $0.toldColours) = ([(1, 2, 3), (4, 5, 6)], 2) }),
    ]
    for (word, file) in cases {
      let reason = refusal(file)
      #expect(reason?.contains(word) == true, "\(word): \(reason ?? "is read")")
    }
  }

  @Test("a file that is cut or changed anywhere is refused or read, and nothing else happens")
  func everyByte() {
    var pieces = BMPPieces()
    pieces.palette = (0..<16).map { ($0, $0, $0) }
    let files = [
      pieces.file(numbers(99, bits: 4), width: 11, height: 9, bits: 4),
      BMPPieces().file(numbers(40, bits: 24), width: 8, height: 5, bits: 24),
      runs([3, 7, 0, 3, 1, 2, 3, 0, 0, 0, 3, 9, 0, 2, 0, 1, 0, 3, 1, 2, 3, 0, 0, 0], width: 6, height: 3, bits: 8),
    ]
    for file in files {
      for count in 0..<file.count where file.count - count > 3 { #expect(refusal(Array(file.prefix(count))) != nil) }
      for place in file.indices {
        for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
          var changed = file
          changed[place] = value
          _ = refusal(changed)
        }
      }
    }
  }
}
