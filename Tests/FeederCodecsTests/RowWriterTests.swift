import BoardSupport
import FeederCore
import FeederImaging
import Testing

@testable import FeederCodecs

@Suite("Rows as stored become the picture as it is seen")
struct RowWriterTests {
  /// A stored picture of random samples, and what a plain reading makes of it.
  struct Stored {
    var pixels: StoredPixels
    let samples: [Int]

    init(
      _ order: StoredPixels.Order, bits: Int, size: PixelSize, seed: Int,
      change: (inout StoredPixels) -> Void = { _ in }
    ) {
      pixels = StoredPixels(.tiff, size: size, bits: bits, order: order)
      change(&pixels)
      let last = min((pixels.palette?.count ?? 1 << bits) - 1, 1 << bits - 1)
      var random = CounterRandom(seed: 3, epoch: 0, index: seed, purpose: .augmentation)
      samples = (0..<size.width * size.height * order.sampleCount).map { _ in random.integer(below: last + 1) }
    }

    /// The rows' bytes.
    var rows: [[UInt8]] {
      let count = pixels.size.width * pixels.order.sampleCount
      return (0..<pixels.size.height).map { y in
        let row = samples[y * count..<(y + 1) * count]
        if pixels.bits == 8 { return row.map { UInt8($0) } }
        if pixels.bits == 16 {
          return row.flatMap {
            pixels.isBigEndian ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)]
          }
        }
        var bytes = [UInt8](repeating: 0, count: pixels.rowByteCount)
        for (x, sample) in row.enumerated() {
          bytes[x * pixels.bits / 8] |= UInt8(sample << (8 - pixels.bits - x * pixels.bits % 8))
        }
        return bytes
      }
    }

    /// The channels of each pixel as stored, 1 or 3: levels, min-is-white turned round.
    var levels: [[Int]] {
      stride(from: 0, to: samples.count, by: pixels.order.sampleCount).map { place in
        if let palette = pixels.palette {
          let colour = Int(palette.colours[samples[place]])
          let channels = [colour & 255, colour >> 8 & 255, colour >> 16]
          return palette.isGrey ? [channels[0]] : channels
        }
        let pixel = Array(samples[place..<place + pixels.order.channels])
        let turned = pixel.map { pixels.isInverted ? max(pixels.white - $0, 0) : $0 }
        return pixels.order == .bgr || pixels.order == .bgrExtra ? turned.reversed() : turned
      }
    }

    /// What `output` must give.
    func expected(channels: Int, scale: DecodeScale, window: LevelWindow) -> [UInt8] {
      let range = window.resolved(white: pixels.palette == nil ? pixels.white : 255)
      let mapped = levels.map { pixel -> [UInt8] in
        let bytes = pixel.map { level -> UInt8 in
          let above = min(max(level - range.lowerBound, 0), range.count)
          return UInt8((above * 255 + range.count / 2) / range.count)
        }
        if bytes.count == 3, channels == 1 {
          let luma = 19_595 * Int(bytes[0]) + 38_470 * Int(bytes[1]) + 7_471 * Int(bytes[2]) + 32_768
          return [UInt8(luma >> 16)]
        }
        return bytes
      }
      let (size, count) = (pixels.size, mapped[0].count)
      let reduced = scale.size(of: size)
      let area = scale.denominator * scale.denominator
      var bytes: [UInt8] = []
      for y in 0..<reduced.height {
        for x in 0..<reduced.width {
          for channel in 0..<count {
            var sum = area / 2
            for row in 0..<scale.denominator {
              for column in 0..<scale.denominator {
                let from = (
                  x: min(x * scale.denominator + column, size.width - 1),
                  y: min(y * scale.denominator + row, size.height - 1)
                )
                sum += Int(mapped[from.y * size.width + from.x][channel])
              }
            }
            bytes.append(UInt8(sum / area))
          }
        }
      }
      var turned = bytes
      bytes.withUnsafeBytes { stored in
        turned.withUnsafeMutableBytes {
          pixels.orientation.turn(stored, size: reduced, channels: count, into: $0)
        }
      }
      return count < channels ? turned.flatMap { [$0, $0, $0] } : turned
    }

    /// What `RowWriter` gives.
    func decoded(_ writer: RowWriter, _ output: DecodeOutput, count: Int, fromBelow: Bool) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0x55, count: count)
      try bytes.withUnsafeMutableBytes { target in
        writer.start(pixels, output, into: target)
        let rows = rows
        for y in fromBelow ? Array(rows.indices.reversed()) : Array(rows.indices) {
          try rows[y].withUnsafeBytes { row in
            if let direct = writer.directRow(y) {
              #expect(direct.count == row.count)
              direct.copyMemory(from: row)
            } else {
              try writer.write(y, row)
            }
          }
        }
        try writer.finish()
      }
      return bytes
    }
  }

  private func palette(_ count: Int, isGrey: Bool) -> StoredPalette {
    var palette = StoredPalette()
    for index in 0..<count {
      let value = UInt8(truncatingIfNeeded: 255 - index * 37)
      palette.append(red: value, green: isGrey ? value : UInt8(index), blue: isGrey ? value : value ^ 0x35)
    }
    return palette
  }

  /// Every kind of stored pixels.
  private func kinds(_ size: PixelSize) -> [Stored] {
    var kinds: [Stored] = []
    for order in [.grey, .greyExtra, .rgb, .rgbExtra, .bgr, .bgrExtra] as [StoredPixels.Order] {
      kinds.append(Stored(order, bits: 8, size: size, seed: kinds.count))
      kinds.append(Stored(order, bits: 16, size: size, seed: kinds.count) { $0.isBigEndian = true })
      kinds.append(Stored(order, bits: 16, size: size, seed: kinds.count) { ($0.white, $0.isInverted) = (4_095, true) })
    }
    kinds.append(Stored(.grey, bits: 8, size: size, seed: 90) { $0.isInverted = true })
    kinds.append(Stored(.rgb, bits: 8, size: size, seed: 91) { $0.white = 100 })
    for bits in [1, 2, 4] {
      kinds.append(Stored(.grey, bits: bits, size: size, seed: bits))
      kinds.append(Stored(.grey, bits: bits, size: size, seed: bits) { $0.isInverted = true })
      kinds.append(Stored(.grey, bits: bits, size: size, seed: bits) { $0.palette = palette(1 << bits, isGrey: false) })
    }
    for (count, isGrey) in [(256, true), (256, false), (200, false), (90, true)] {
      kinds.append(Stored(.grey, bits: 8, size: size, seed: count) { $0.palette = palette(count, isGrey: isGrey) })
    }
    return kinds
  }

  @Test("every kind, channel count, scale and orientation, from the top or from below", arguments: Orientation.allCases)
  func pictures(orientation: Orientation) throws {
    let writer = RowWriter()
    for (number, size) in [(19, 35), (1, 1), (3, 9)].enumerated() {
      for var kind in kinds(PixelSize(width: size.0, height: size.1)) {
        kind.pixels.orientation = orientation
        for denominator in [1, 2, 4, 8] {
          let scale = DecodeScale(denominator: denominator)
          for channels in [1, 3] {
            let window = try #require(
              kind.pixels.bits == 16 && denominator < 4 ? LevelWindow(black: 300, white: 3_000) : .full)
            let expected = kind.expected(channels: channels, scale: scale, window: window)
            let decoded = try kind.decoded(
              writer, .bytes(channels: channels, scale: scale, window: window), count: expected.count,
              fromBelow: (number + denominator) % 2 == 0)
            #expect(decoded == expected, "\(kind.pixels) by \(denominator) to \(channels)")
          }
        }
      }
    }
  }

  @Test("levels come out as they are stored", arguments: Orientation.allCases)
  func levels(orientation: Orientation) throws {
    let writer = RowWriter()
    for var kind in kinds(PixelSize(width: 35, height: 66)) where kind.pixels.bits == 16 {
      kind.pixels.orientation = orientation
      let words = kind.levels.flatMap { $0.map { UInt16($0) } }
      let bytes = words.withUnsafeBytes { Array($0) }
      var expected = bytes
      bytes.withUnsafeBytes { stored in
        expected.withUnsafeMutableBytes {
          orientation.turn(stored, size: kind.pixels.size, channels: 2 * kind.pixels.channels, into: $0)
        }
      }
      #expect(try kind.decoded(writer, .levels, count: expected.count, fromBelow: false) == expected)
    }
  }

  @Test("bytes that need no change go straight to their place")
  func direct() throws {
    let size = PixelSize(width: 8, height: 2)
    var target = [UInt8](repeating: 0, count: 48)
    func isDirect(_ kind: Stored, channels: Int, scale: DecodeScale = .full) -> Bool {
      target.withUnsafeMutableBytes { target in
        let writer = RowWriter()
        let output = DecodeOutput.bytes(channels: channels, scale: scale, window: .full)
        let size = scale.size(of: kind.pixels.size)
        writer.start(kind.pixels, output, into: .init(rebasing: target[..<(size.width * size.height * channels)]))
        return writer.directRow(0) != nil
      }
    }
    var grey = Stored(.grey, bits: 8, size: size, seed: 1)
    #expect(isDirect(grey, channels: 1) && isDirect(grey, channels: 3))
    #expect(isDirect(Stored(.rgb, bits: 8, size: size, seed: 1), channels: 3))
    #expect(!isDirect(grey, channels: 1, scale: DecodeScale(denominator: 2)))
    #expect(!isDirect(Stored(.bgr, bits: 8, size: size, seed: 1), channels: 3))
    var ramp = StoredPalette()
    for index in 0..<256 { ramp.append(red: UInt8(index), green: UInt8(index), blue: UInt8(index)) }
    grey.pixels.palette = ramp
    #expect(isDirect(grey, channels: 1))
    grey.pixels.orientation = .turnedLeft
    #expect(!isDirect(grey, channels: 1))
  }

  @Test("a sample beyond the palette, and missing rows, are refused")
  func refused() throws {
    let writer = RowWriter()
    let size = PixelSize(width: 8, height: 2)
    for isGrey in [true, false] {
      var kind = Stored(.grey, bits: 8, size: size, seed: 1) { $0.palette = palette(256, isGrey: isGrey) }
      kind.pixels.palette = palette(3, isGrey: isGrey)
      let output = DecodeOutput.bytes(channels: 1, scale: .full, window: .full)
      #expect(throws: ImagingError.self) { try kind.decoded(writer, output, count: 16, fromBelow: false) }
      var target = [UInt8](repeating: 0, count: 16)
      #expect(throws: ImagingError.truncated(.tiff, reason: "2 of 2 rows are missing")) {
        try target.withUnsafeMutableBytes {
          writer.start(kind.pixels, output, into: $0)
          try writer.finish()
        }
      }
    }
  }
}
