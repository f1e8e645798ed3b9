import BoardSupport
import CPixels
import FeederCore
import Testing

@testable import FeederImaging

@Suite("LZW and PackBits in pieces, samples in every order")
struct StripTests {
  private static let bytes: [UInt8] = {
    let noise = TestImages.noise(PixelSize(width: 4_000, height: 15), channels: 1, seed: 1).bytes
    // Noise, slopes and long runs: short strings, long ones, and the one that is made as it is used.
    var bytes: [UInt8] = []
    for place in 0..<60_000 {
      switch place % 9_000 {
      case ..<3_000: bytes.append(noise[place])
      case ..<6_000: bytes.append(UInt8(place / 100 % 251))
      default: bytes.append(7)
      }
    }
    return bytes
  }()

  /// What pieces of up to `most` bytes give, and how the last one ended.
  private func lzw(_ packed: [UInt8], count: Int, most: Int) -> (bytes: [UInt8], end: Int) {
    let state = UnsafeMutableRawPointer.allocate(byteCount: feeder_lzw_state_bytes(), alignment: 64)
    defer { state.deallocate() }
    var random = CounterRandom(seed: 2, epoch: 0, index: most, purpose: .augmentation)
    return packed.withUnsafeBufferPointer { packed in
      feeder_lzw_begin(OpaquePointer(state), packed.baseAddress, packed.count)
      var all: [UInt8] = []
      while all.count < count {
        let wanted = min(1 + random.integer(below: most), count - all.count)
        var piece = [UInt8](repeating: 0xA5, count: wanted + Int(FEEDER_LZW_SLACK) + 64)
        var written = 0
        let end = feeder_lzw_read(OpaquePointer(state), &piece, wanted, &written)
        #expect(piece.suffix(64).allSatisfy { $0 == 0xA5 }, "no more than the slack is written")
        all += piece.prefix(written)
        if Int(end) != FEEDER_STRIP_MORE { return (all, Int(end)) }
      }
      return (all, FEEDER_STRIP_MORE)
    }
  }

  @Test("pieces of any size are the same bytes", arguments: [1, 7, 300, 5_000, 100_000])
  func lzwPieces(_ most: Int) {
    let packed = TIFFPieces.lzw(Self.bytes)
    #expect(lzw(packed, count: Self.bytes.count, most: most).bytes == Self.bytes)
    let short = lzw(packed, count: Self.bytes.count + 1, most: most)
    #expect(short.bytes == Self.bytes && short.end == FEEDER_STRIP_SHORT)
  }

  @Test("a table that is full stays as it is; codes may begin without a clear one")
  func lzwTable() {
    // Codes of 9 bits: 65 without a clear code, then 258, the string that is being made.
    #expect(lzw([0x20, 0xC0, 0x80], count: 3, most: 9).bytes == [65, 65, 65])
    // 4,000 single bytes fill the table up to code 4,095; then all codes have 12 bits.
    var bits: [Bool] = []
    func put(_ code: Int, _ width: Int) { for bit in (0..<width).reversed() { bits.append(code >> bit & 1 == 1) } }
    put(256, 9)
    var (free, width) = (258, 9)
    for index in 0..<5_000 {
      put(index % 200, width)
      if index > 0, free < 4_096 { free += 1 }
      if free == 1 << width - 1, width < 12 { width += 1 }
    }
    put(4_095, 12)
    let packed = stride(from: 0, to: bits.count, by: 8).map { start in
      bits[start..<min(start + 8, bits.count)].enumerated().reduce(UInt8(0)) {
        $0 | ($1.element ? 1 << (7 - $1.offset) : 0)
      }
    }
    let found = lzw(packed, count: 5_002, most: 900)
    #expect(found.bytes.prefix(5_000).elementsEqual((0..<5_000).map { UInt8($0 % 200) }))
    // Code 258 + n is the nth byte and the one behind it.
    #expect(found.bytes.suffix(2).elementsEqual([UInt8(3_837 % 200), UInt8(3_838 % 200)]))
  }

  @Test("PackBits in pieces", arguments: [1, 7, 300, 100_000])
  func packBits(_ most: Int) {
    let packed = TIFFPieces.packBits(Self.bytes)
    packed.withUnsafeBufferPointer { packed in
      guard let first = packed.baseAddress else { return }
      var state = feeder_packbits(next: first, end: first + packed.count, left: 0, repeats: 0)
      var all: [UInt8] = []
      while all.count < Self.bytes.count {
        var piece = [UInt8](repeating: 0, count: min(most, Self.bytes.count - all.count))
        var written = 0
        #expect(Int(feeder_packbits_read(&state, &piece, piece.count, &written)) == FEEDER_STRIP_MORE)
        all += piece.prefix(written)
      }
      #expect(all == Self.bytes)
      var written = 0
      var byte: [UInt8] = [0]
      #expect(Int(feeder_packbits_read(&state, &byte, 1, &written)) == FEEDER_STRIP_SHORT && written == 0)
    }
  }

  @Test("every level picks the same samples", arguments: PixelLevel.allCases.filter(\.isAvailable))
  func pick(_ level: PixelLevel) {
    for count in [1, 2, 4, 5, 11, 12, 13, 40, 63, 257] {
      for samples in 1...4 {
        for bgr in [0, 1] as [Int32] where samples > 2 || bgr == 0 {
          for channels in samples < 3 ? [1] : [1, 3] {
            let noise = TestImages.noise(PixelSize(width: count, height: 1), channels: samples, seed: 5).bytes
            var results: [[UInt8]] = []
            for level in [PixelLevel.plain, level] {
              var out = [UInt8](repeating: 0x5A, count: count * channels + 16)
              level.kernels.pointee.pick_bytes(noise, Int32(count), Int32(samples), bgr, Int32(channels), &out)
              #expect(out.suffix(16).allSatisfy { $0 == 0x5A }, "nothing is written behind the row")
              results.append(out)
            }
            #expect(results[0] == results[1], "\(count) pixels of \(samples), blue first: \(bgr)")
            if channels == 3 {
              let first = bgr == 1 ? [2, 1, 0] : [0, 1, 2]
              #expect(
                results[0].dropLast(16).elementsEqual(
                  (0..<count).flatMap { pixel in first.map { noise[pixel * samples + $0] } }))
            }
          }
        }
      }
    }
  }

  @Test("every level sums up the same differences", arguments: PixelLevel.allCases.filter(\.isAvailable))
  func addLeft(_ level: PixelLevel) {
    for width in [1, 2, 5, 7, 8, 9, 16, 31, 100] {
      for channels in 1...6 {
        for sampleByteCount in [1, 2] {
          let count = width * channels * sampleByteCount
          let noise = TestImages.noise(PixelSize(width: count + 2, height: 1), channels: 1, seed: 4).bytes
          let sums = [PixelLevel.plain, level].map { level in
            var row = noise
            level.kernels.pointee.add_left(&row, Int64(count), Int32(channels), Int32(sampleByteCount))
            return row
          }
          #expect(sums[0] == sums[1], "\(width) pixels of \(channels) x \(sampleByteCount)")
          var wanted = noise
          for place in stride(from: channels * sampleByteCount, to: count, by: sampleByteCount) {
            let before = place - channels * sampleByteCount
            func number(_ bytes: [UInt8], _ place: Int) -> Int {
              Int(bytes[place]) + (sampleByteCount == 2 ? Int(bytes[place + 1]) << 8 : 0)
            }
            let sum = number(wanted, place) + number(wanted, before)
            wanted[place] = UInt8(sum & 255)
            if sampleByteCount == 2 { wanted[place + 1] = UInt8(sum >> 8 & 255) }
          }
          #expect(sums[0] == wanted)
        }
      }
    }
  }

  @Test("every level steps through all words alike", arguments: PixelLevel.allCases.filter(\.isAvailable))
  func stepWords(_ level: PixelLevel) {
    for (black, span, falls) in [(0, 65_535, 0), (0, 65_535, 1), (200, 3_700, 0), (900, 880, 1), (65_534, 1, 0)] {
      var steps = feeder_steps(
        black: UInt16(black), span: UInt16(span), falls: Int32(falls), scale: 255 / Float(span),
        offset: (Float(span / 2) + 0.5) / Float(span))
      for swap in [0, 1] as [Int32] {
        for (first, count) in [(0, 65_536), (3, 31), (5, 32), (7, 33), (9, 1)] {
          let words = (0..<count).map { UInt16(truncatingIfNeeded: (first + $0) * (count < 99 ? 977 : 1)) }
          // A byte ahead, so that no word is aligned.
          let bytes = [UInt8(1)] + words.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
          let results = [PixelLevel.plain, level].map { level in
            var out = [UInt8](repeating: 0x5A, count: count + 16)
            bytes.withUnsafeBytes { bytes in
              guard let base = bytes.baseAddress else { return }
              level.kernels.pointee.step_words(base + 1, Int32(count), swap, &steps, &out)
            }
            return out
          }
          #expect(results[0] == results[1], "\(black), \(span), \(falls), \(swap), \(count)")
          #expect(results[0].suffix(16).allSatisfy { $0 == 0x5A }, "nothing is written behind the row")
          for (word, byte) in zip(words, results[0]) {
            let level = Int(swap == 1 ? word.byteSwapped : word)
            let above = min(max(falls == 1 ? black - level : level - black, 0), span)
            #expect(Int(byte) == (255 * above + span / 2) / span)
          }
        }
      }
    }
  }

  @Test("rows that are turned keep their bytes", arguments: [1, 63, 64, 65, 200, 1000])
  func copyRows(_ byteCount: Int) {
    let rows = TestImages.noise(PixelSize(width: byteCount + 3, height: 9), channels: 1, seed: 6).bytes
    var out = [UInt8](repeating: 0, count: byteCount * 9)
    out.withUnsafeMutableBytes { out in
      rows.withUnsafeBytes { rows in
        guard let to = out.baseAddress, let from = rows.baseAddress else { return }
        feeder_copy_rows(from, Int64(byteCount + 3), to + 8 * byteCount, -Int64(byteCount), byteCount, 9)
      }
    }
    for row in 0..<9 {
      let start = (8 - row) * (byteCount + 3)
      #expect(out[row * byteCount..<(row + 1) * byteCount].elementsEqual(rows[start..<start + byteCount]))
    }
  }
}
