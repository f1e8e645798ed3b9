import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Testing

@Suite("TIFF: every layout gives the pixels that were written")
struct TIFFTests {
  /// Samples with runs, slopes and noise, so that every packing has something to do.
  static func samples(_ width: Int, _ height: Int, _ channels: Int, bits: Int) -> [Int] {
    let noise = TestImages.noise(PixelSize(width: width, height: height), channels: channels, seed: 3).bytes
    return (0..<width * height * channels).map { index in
      let (x, y) = (index / channels % width, index / channels / width)
      let sample = y % 5 == 0 ? 0 : (x * 7 + y * 900 + index % channels * 5000) + (y % 2 == 0 ? Int(noise[index]) : 0)
      return sample & (1 << bits - 1)
    }
  }

  /// What the file decodes to: levels for 16 bits, else bytes.
  private func decoded(_ file: [UInt8]) throws -> (samples: [Int], header: ImageHeader) {
    let decoder = try ImageDecoder()
    return try file.withUnsafeBytes { bytes in
      let header = try decoder.open(bytes)
      #expect(try ImageHeader(of: bytes) == header)
      guard header.hasLevels else {
        return (try decoder.decode(bytes, channels: header.channels).bytes.map { Int($0) }, header)
      }
      var levels = [UInt16](repeating: 0, count: header.size.width * header.size.height * header.channels)
      try levels.withUnsafeMutableBufferPointer { try decoder.decodeLevels(into: $0) }
      return (levels.map { Int($0) }, header)
    }
  }

  struct Kind: CustomTestStringConvertible {
    let packing: TIFFPieces.Packing
    let isBigEndian: Bool
    var testDescription: String { "\(packing), \(isBigEndian ? "big" : "little")-endian" }

    static let all = TIFFPieces.Packing.allCases.flatMap { packing in
      [false, true].map { Kind(packing: packing, isBigEndian: $0) }
    }
  }

  @Test(
    "strips and tiles, together and apart, 8 and 16 bits, TIFF and BigTIFF, with and without differences",
    arguments: Kind.all)
  func layouts(_ kind: Kind) throws {
    for channels in [1, 2, 3, 4] {
      for bits in [8, 16] {
        let (width, height) = (45, 38)
        let samples = Self.samples(width, height, channels, bits: bits)
        let wanted =
          channels % 2 == 1 ? samples : samples.indices.filter { $0 % channels < channels - 1 }.map { samples[$0] }
        for layout in 0..<5 {
          for arePlanesApart in [false, true] {
            var pieces = TIFFPieces()
            (pieces.isBigEndian, pieces.packing, pieces.arePlanesApart) = (
              kind.isBigEndian, kind.packing, arePlanesApart
            )
            pieces.isBig = (channels + layout) % 2 == 1
            pieces.hasShortPlaces = layout % 2 == 1
            pieces.hasDifferences = [.lzw, .deflate].contains(kind.packing) && (channels + layout + bits / 8) % 3 != 0
            switch layout {
            case 0: pieces.rowsPerStrip = nil
            case 1: pieces.rowsPerStrip = 1
            case 2: pieces.rowsPerStrip = 7
            case 3: pieces.tile = (16, 16)
            default: pieces.tile = (64, 48)
            }
            let file = pieces.file(samples, width: width, height: height, channels: channels, bits: bits)
            let (found, header) = try decoded(file)
            #expect(found == wanted, "\(channels) channels, \(bits) bits, layout \(layout), apart: \(arePlanesApart)")
            #expect(header.size == PixelSize(width: width, height: height) && header.bitDepth == bits)
            #expect(header.remarks.contains(.transparency) == (channels % 2 == 0))
          }
        }
      }
    }
  }

  @Test("strips that are larger than what is unpacked at once", arguments: TIFFPieces.Packing.allCases)
  func largeStrips(_ packing: TIFFPieces.Packing) throws {
    let samples = Self.samples(260, 240, 3, bits: 8)
    var pieces = TIFFPieces()
    pieces.packing = packing
    #expect(try decoded(pieces.file(samples, width: 260, height: 240, channels: 3, bits: 8)).samples == samples)
    pieces.tile = (272, 256)
    #expect(try decoded(pieces.file(samples, width: 260, height: 240, channels: 3, bits: 8)).samples == samples)
    // One string of LZW is longer than many rows.
    let flat = [Int](repeating: 77, count: 40_000)
    pieces.tile = nil
    #expect(try decoded(pieces.file(flat, width: 4, height: 10_000, channels: 1, bits: 8)).samples == flat)
  }

  @Test("few bits, with white or black as 0", arguments: [1, 2, 4, 8, 16])
  func bits(_ bits: Int) throws {
    let samples = Self.samples(37, 11, 1, bits: bits)
    let white = 1 << bits - 1
    for isInverted in [false, true] {
      var pieces = TIFFPieces()
      pieces.photometric = isInverted ? 0 : 1
      pieces.packing = .packBits
      let (found, header) = try decoded(pieces.file(samples, width: 37, height: 11, channels: 1, bits: bits))
      let seen = samples.map { isInverted ? white - $0 : $0 }
      #expect(found == (bits == 16 ? seen : seen.map { (255 * $0 + white / 2) / white }))
      #expect(header.channels == 1 && header.whiteLevel == white)
    }
  }

  @Test("a palette's upper bytes count, or its lower ones if it has no others")
  func palette() throws {
    let samples = Self.samples(20, 9, 1, bits: 4)
    let colours = (0..<48).map { ($0 * 5321 + 300) & 0xFFFF }
    for (map, shift) in [(colours, 8), (colours.map { $0 >> 8 }, 0)] {
      var pieces = TIFFPieces()
      (pieces.photometric, pieces.colourMap) = (3, map)
      let (found, header) = try decoded(pieces.file(samples, width: 20, height: 9, channels: 1, bits: 4))
      #expect(found == samples.flatMap { sample in (0..<3).map { map[$0 * 16 + sample] >> shift } })
      #expect(header.channels == 3 && header.bitDepth == 8)
    }
    var grey = TIFFPieces()
    (grey.photometric, grey.colourMap) = (3, (0..<3).flatMap { _ in (0..<16).map { (15 - $0) * 0x1111 } })
    let (found, header) = try decoded(grey.file(samples, width: 20, height: 9, channels: 1, bits: 4))
    #expect(found == samples.map { (15 - $0) * 17 } && header.channels == 1)
  }

  @Test("the orientation turns", arguments: Orientation.allCases)
  func orientation(_ orientation: Orientation) throws {
    let samples = Self.samples(9, 5, 1, bits: 8)
    var pieces = TIFFPieces()
    pieces.orientation = orientation.rawValue
    let (found, header) = try decoded(pieces.file(samples, width: 9, height: 5, channels: 1, bits: 8))
    // Where a stored pixel is seen, as the standard's picture of each number shows.
    func seen(_ x: Int, _ y: Int) -> (x: Int, y: Int) {
      switch orientation {
      case .upright: (x, y)
      case .mirrored: (8 - x, y)
      case .upsideDown: (8 - x, 4 - y)
      case .flipped: (x, 4 - y)
      case .transposed: (y, x)
      case .turnedRight: (4 - y, x)
      case .transversed: (4 - y, 8 - x)
      case .turnedLeft: (y, 8 - x)
      }
    }
    for y in 0..<5 {
      for x in 0..<9 {
        let place = seen(x, y)
        #expect(found[place.y * header.size.width + place.x] == samples[y * 9 + x])
      }
    }
  }

  @Test("fields that say the same in other ways, or more than is needed")
  func fields() throws {
    let samples = Self.samples(10, 6, 1, bits: 8)
    for (tag, value) in [(278, 0xFFFF_FFFF), (339, 1), (339, 4), (266, 1), (274, 0), (274, 9), (254, 1), (50_000, 3)] {
      var pieces = TIFFPieces()
      pieces.fields[tag] = [value]
      #expect(
        try decoded(pieces.file(samples, width: 10, height: 6, channels: 1, bits: 8)).samples == samples, "\(tag)")
    }
    for tag in [259, 274, 277, 284, 317, 279] {
      var pieces = TIFFPieces()
      pieces.missing = [tag]
      #expect(
        try decoded(pieces.file(samples, width: 10, height: 6, channels: 1, bits: 8)).samples == samples, "\(tag)")
    }
  }

  @Test("the first of several pictures is read, and the others are counted")
  func pages() throws {
    let samples = Self.samples(10, 6, 1, bits: 8)
    var pieces = TIFFPieces()
    for more in [0, 1, 2, 3, 9] {
      pieces.morePages = more
      let file = pieces.file(samples, width: 10, height: 6, channels: 1, bits: 8)
      let (found, header) = try decoded(file)
      #expect(found == samples && header.pageCount == 1 + more)
      #expect(header.remarks == (more > 0 ? .severalPages : []))
    }
    // The last directory leads to the first, to itself, or out of the file.
    for more in [0, 1, 2, 7] {
      pieces.morePages = more
      var file = pieces.file(samples, width: 10, height: 6, channels: 1, bits: 8)
      let first = Array(file[4..<8])
      for target in [first, pieces.number(file.count - 130, 4), pieces.number(1 << 30, 4)] {
        file.replaceSubrange((file.count - 4)..., with: target)
        let read = try? decoded(file)
        #expect(read == nil || read?.samples == samples)
        if target != pieces.number(file.count - 130, 4) { #expect(read?.header.remarks.contains(.brokenPages) == true) }
      }
    }
  }

  @Test("a header is read from a file's beginning, or the whole file is asked for")
  func beginnings() throws {
    let samples = Self.samples(64, 64, 1, bits: 8)
    var pieces = TIFFPieces()
    pieces.rowsPerStrip = 4
    let file = pieces.file(samples, width: 64, height: 64, channels: 1, bits: 8)
    let whole = try file.withUnsafeBytes { try ImageHeader(of: $0) }
    for count in 0..<file.count {
      do {
        let header = try file.prefix(count).withUnsafeBytes { try ImageHeader(of: $0, fileByteCount: file.count) }
        #expect(header == whole)
      } catch ImagingError.truncated {  // as the survey expects it
      } catch {
        #expect(count < 4, "\(count) bytes: \(error)")
      }
    }
  }
}
