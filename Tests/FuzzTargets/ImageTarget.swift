import BoardSupport
import FeederCore
import FeederImaging

@testable import FeederCodecs

extension FuzzTarget {
  /// An image file as loading takes it: header, decoding in full and reduced, grey and in colour, as levels and through a window, letterbox.
  /// Larger ones than 2^18 pixels only to the header, since a fuzzer has to be fast.
  func readImage(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { file in
      let decoder = try ImageDecoder()
      let header = try decoder.open(file)
      precondition((1...16).contains(header.bitDepth) && (1...65_535).contains(header.whiteLevel), "a header's numbers")
      guard header.size.width * header.size.height <= 1 << 18 else { return }
      for channels in [1, 3] {
        let scale = DecodeScale.fitting(header.size, imageSize: 32)
        let pixels = try decoder.decode(file, channels: channels, scale: scale)
        fit(pixels, original: header.size)
      }
      _ = try decoder.decode(file, channels: 3)
      _ = decoder.remarks.lines
      guard header.hasLevels else { return }
      _ = try decoder.open(file)
      var levels = [UInt16](repeating: 0, count: header.size.width * header.size.height * header.channels)
      try levels.withUnsafeMutableBufferPointer { try decoder.decodeLevels(into: $0) }
      guard let window = LevelWindow(black: 9, white: 900, curve: .sqrt) else { return }
      let mapped = try decoder.decode(file, channels: header.channels, window: window)
      precondition(zip(levels, mapped.bytes).allSatisfy { ($1 == 0) == ($0 <= 9) }, "levels and bytes agree")
    }
  }

  /// A PNG as it is, and again with the checksums of its chunks, which an attacker can mend and a mutation cannot.
  func readPNG(_ bytes: [UInt8]) throws {
    try readImage(Self.mended(bytes))
    try readImage(bytes)
  }

  private static func mended(_ bytes: [UInt8]) -> [UInt8] {
    var mended = bytes
    var place = PNGChunks.signature.count
    while place + 12 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[place + $1]) }
      let end = place + 8 + length
      guard end + 4 <= bytes.count else { break }
      let sum = bytes.withUnsafeBytes { EncodedBytes($0).crc(place + 4..<end) }
      for byte in 0..<4 { mended[end + byte] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * byte)) }
      place = end + 4
    }
    return mended
  }

  private func fit(_ pixels: Pixels, original: PixelSize) {
    let geometry = Letterbox(source: original, target: PixelSize(side: 32))
    var target = [UInt8](repeating: 0, count: 32 * 32 * pixels.channels)
    target.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      pixels.withView { view in
        letterbox(
          view, geometry: geometry,
          into: PlanarTarget(base: base, size: PixelSize(side: 32), channels: pixels.channels),
          scratch: PixelScratch())
      }
    }
  }

  func jpegSeeds() throws -> [[UInt8]] {
    let encoder = try JPEGEncoder()
    return try [(1, ChromaResolution.full), (3, .full), (3, .half)].map { channels, chroma in
      try TemporaryBoards.board(channels, size: PixelSize(width: 33, height: 20), channels: channels).withView {
        try encoder.encode($0, quality: 60, chroma: chroma)
      }
    }
  }

  /// Small pictures of each colour type in a stored block, plain and interlaced, in every filter.
  func pngSeeds() -> [[UInt8]] {
    let kinds: [(type: UInt8, depth: Int, samples: Int)] = [
      (0, 8, 1), (0, 16, 1), (2, 8, 3), (3, 4, 1), (4, 16, 2), (6, 8, 4),
    ]
    return kinds.flatMap { kind in [false, true].map { pngSeed(kind.type, kind.depth, kind.samples, isInterlaced: $0) }
    }
  }

  /// A picture of 9 x 9 pixels.
  private func pngSeed(_ type: UInt8, _ depth: Int, _ samples: Int, isInterlaced: Bool) -> [UInt8] {
    func chunk(_ name: String, _ payload: [UInt8]) -> [UInt8] {
      var bytes: [UInt8] = [0, 0, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
      bytes += Array(name.utf8)
      bytes += payload
      return bytes + [0, 0, 0, 0]
    }
    let whole = [(9, 9)]
    let seven = [(2, 2), (1, 2), (3, 1), (2, 3), (5, 2), (4, 5), (9, 4)]
    var rows: [UInt8] = []
    for (width, height) in isInterlaced ? seven : whole {
      for y in 0..<height {
        rows.append(UInt8(y % 5))
        for place in 0..<(width * samples * depth + 7) / 8 { rows.append(UInt8(truncatingIfNeeded: place * 37 + y)) }
      }
    }
    let count: [UInt8] = [UInt8(rows.count & 255), UInt8(rows.count >> 8)]
    var stream: [UInt8] = [0x78, 0x01, 1]
    stream += count
    stream += count.map { ~$0 }
    stream += rows
    stream += [0, 0, 0, 0]
    var file = PNGChunks.signature
    file += chunk("IHDR", [0, 0, 0, 9, 0, 0, 0, 9, UInt8(depth), type, 0, 0, isInterlaced ? 1 : 0])
    if type == 3 { file += chunk("PLTE", [UInt8](repeating: 90, count: 48)) }
    file += chunk("IDAT", stream)
    return Self.mended(file + chunk("IEND", []))
  }

  func pnmSeeds() -> [[UInt8]] {
    let files: [(header: String, samples: [UInt8])] = [
      ("P5 # a\n3 2 255\n", [1, 2, 3, 4, 5, 6]), ("P6 1 1 4095\n", [0, 1, 8, 0, 15, 255]),
      ("P2 2 2 900\n1 899\n# b\n 3 4", []), ("P3 1 1 9 1 2 3", []), ("P4 9 2\n", [1, 0, 3, 128]),
    ]
    return files.map { Array($0.header.utf8) + $0.samples }
  }
}
