import BoardSupport
import FeederCore
import FeederImaging
import Testing

@testable import FeederCodecs

@Suite("PNG files become pixels, or are refused with their reason")
struct PNGTests {
  /// What becomes of a file: its pixels, or what is wrong.
  private func decoded(_ file: [UInt8], channels: Int? = nil) throws -> (
    pixels: Pixels, header: ImageHeader, remarks: ImageRemarks
  ) {
    let decoder = try ImageDecoder()
    return try file.withUnsafeBytes { file in
      let header = try decoder.open(file)
      var pixels = Pixels(size: header.size, channels: channels ?? header.channels, value: 0x55)
      try pixels.bytes.withUnsafeMutableBytes { _ = try decoder.decode(channels: pixels.channels, into: $0) }
      return (pixels, header, decoder.remarks)
    }
  }

  private func error(_ file: [UInt8]) -> String {
    do {
      _ = try decoded(file)
      return "read"
    } catch {
      return "\(error)"
    }
  }

  private func samples(_ writer: PNGWriter, below limit: Int) -> [Int] {
    var random = CounterRandom(seed: 9, epoch: 0, index: Int(writer.type) * 100 + limit, purpose: .augmentation)
    var level = 0
    return (0..<writer.size.width * writer.size.height * writer.samplesPerPixel).map { _ in
      level = random.integer(below: 4) == 0 ? random.integer(below: limit) : (level + random.integer(below: 3)) % limit
      return level
    }
  }

  private static let kinds: [(type: UInt8, depth: UInt8)] = [
    (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16),
    (6, 8), (6, 16),
  ]

  @Test("every colour type and depth, plain and interlaced, of every size", arguments: kinds)
  func everyKind(type: UInt8, depth: UInt8) throws {
    for (width, height) in [(1, 1), (2, 3), (7, 9), (33, 17), (64, 5)] {
      for isInterlaced in [false, true] {
        var writer = PNGWriter(size: PixelSize(width: width, height: height))
        (writer.type, writer.bitDepth, writer.isInterlaced) = (type, depth, isInterlaced)
        writer.dataByteCount = width == 33 ? 1 : 1_000
        let most = 1 << Int(depth) - 1
        let samples = samples(writer, below: most + 1)
        let palette = (0...min(most, 255)).map { [UInt8(255 - $0), UInt8($0), UInt8($0 ^ 1)] }
        if type == 3 { writer.extras = [PNGWriter.chunk("PLTE", palette.flatMap { $0 })] }
        let result = try decoded(writer.file(samples))
        let colours = type == 0 || type == 4 ? 1 : 3
        let expected = stride(from: 0, to: samples.count, by: writer.samplesPerPixel).flatMap { place -> [UInt8] in
          if type == 3 { return palette[samples[place]] }
          return samples[place..<place + colours].map { UInt8(($0 * 255 + most / 2) / most) }
        }
        #expect(result.pixels.bytes == expected, "\(width) x \(height)")
        #expect(result.header.channels == colours && result.header.bitDepth == (type == 3 ? 8 : Int(depth)))
        #expect(result.remarks == (type >= 4 ? .transparency : []))
      }
    }
  }

  @Test("many rows, in more than one band, in every filter")
  func bands() throws {
    for type in [0, 2, 6] as [UInt8] {
      for filter in 0..<5 {
        var writer = PNGWriter(size: PixelSize(width: type == 0 ? 401 : 101, height: 700))
        writer.type = type
        writer.filter = { _ in UInt8(filter) }
        let samples = samples(writer, below: 256)
        let colours = type == 0 ? 1 : 3
        let expected = stride(from: 0, to: samples.count, by: writer.samplesPerPixel).flatMap {
          samples[$0..<$0 + colours].map { UInt8($0) }
        }
        #expect(try decoded(writer.file(samples)).pixels.bytes == expected)
      }
    }
  }

  @Test("orientation, true bits, animation and transparency are in the header")
  func header() throws {
    var writer = PNGWriter(size: PixelSize(width: 5, height: 3))
    writer.bitDepth = 16
    let exif: [UInt8] = [
      0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
    ]
    writer.extras = [
      PNGWriter.chunk("sBIT", [12]), PNGWriter.chunk("eXIf", exif), PNGWriter.chunk("tRNS", [0, 0]),
      PNGWriter.chunk("acTL", [0, 0, 0, 3, 0, 0, 0, 0]),
    ]
    let samples = samples(writer, below: 65_536)
    let file = writer.file(samples)
    let result = try decoded(file)
    let beginning = Array(file.prefix(file.count - 50))
    #expect(try beginning.withUnsafeBytes { try ImageHeader(of: $0, fileByteCount: file.count) } == result.header)
    #expect(result.header.size == PixelSize(width: 3, height: 5) && result.header.orientation == .turnedRight)
    #expect(result.header.significantBits == 12 && result.header.whiteLevel == 65_535)
    #expect(result.header.pageCount == 3 && result.remarks == [.transparency, .severalPages])
    #expect(Int(result.pixels.bytes[0]) == (samples[10] * 255 + 32_767) / 65_535)
    writer.extras = []
    writer.late = [PNGWriter.chunk("eXIf", exif)]
    #expect(error(writer.file(samples)).contains("orientation stands behind the pixels"))
  }

  @Test("what describes the picture is skipped unread; a remark names what follows it")
  func extras() throws {
    var writer = PNGWriter(size: PixelSize(width: 40, height: 30))
    let samples = samples(writer, below: 256)
    let bytes = samples.map { UInt8($0) }
    writer.extras = ["zTXt", "iCCP", "tIME", "prVt"].map {
      PNGWriter.chunk($0, ZlibStream.run(of: 7, count: 500_000))
    }
    let file = writer.file(samples)
    #expect(try decoded(file).pixels.bytes == bytes && decoded(file).remarks == [])
    #expect(try decoded(file + [1, 2, 3]).remarks == .bytesBehindEnd)
    #expect(try decoded(Array(file.dropLast(5))).remarks == .noEnd)
    let more = writer.signature + writer.header + PNGWriter.chunk("IDAT", ZlibStream.run(of: 0, count: 5_000_000))
    #expect(try decoded(more + PNGWriter.chunk("IEND", [])).remarks == .bytesBehindEnd)
  }

  @Test("a file cut anywhere in front of its last pixel is refused")
  func cut() throws {
    let writer = PNGWriter(size: PixelSize(width: 9, height: 7))
    let file = writer.file(samples(writer, below: 256))
    for count in 0..<file.count {
      let reason = error(Array(file.prefix(count)))
      #expect(
        count < 4 || count >= file.count - 12 ? !reason.isEmpty : reason.contains("truncated PNG"),
        "\(count): \(reason)")
    }
  }

  @Test("a wrong bit anywhere in what is shown is refused")
  func damaged() throws {
    var writer = PNGWriter(size: PixelSize(width: 9, height: 7))
    writer.type = 3
    writer.extras = [PNGWriter.chunk("PLTE", (0..<256).flatMap { [UInt8($0), 1, 2] })]
    let file = writer.file(samples(writer, below: 256))
    for place in 8..<file.count - 12 {
      var wrong = file
      wrong[place] ^= 0x10
      #expect(error(wrong) != "read", "byte \(place)")
    }
  }

  @Test(
    "headers that PNG does not have, and promises that the file cannot keep, are refused before any memory is taken")
  func refused() throws {
    var writer = PNGWriter(size: PixelSize(width: 8, height: 8))
    let samples = [Int](repeating: 0, count: 64)
    func expect(_ word: String, _ change: (inout PNGWriter) -> Void) {
      var changed = writer
      change(&changed)
      let reason = error(changed.signature + changed.header + changed.extras.joined() + PNGWriter.chunk("IDAT", []))
      #expect(reason.contains(word), "\(reason)")
    }
    expect("colour type 1") { $0.type = 1 }
    expect("3 bits for colour type 0") { $0.bitDepth = 3 }
    expect("4 bits for colour type 2") { ($0.type, $0.bitDepth) = (2, 4) }
    expect("has no palette") { $0.type = 3 }
    expect("palette has 4 bytes") { ($0.type, $0.extras) = (3, [PNGWriter.chunk("PLTE", [1, 2, 3, 4])]) }
    expect("two headers") { $0.extras = [$0.header] }
    expect("a chunk CgBI") { $0.extras = [PNGWriter.chunk("CgBI", [])] }
    expect("no packed pixels") { _ in }
    for (width, height, word) in [
      (0, 8, "0 x 8"), (65_501, 1, "above the limit"), (60_000, 60_000, "above the limit"),
      (12_000, 12_000, "cannot hold"),
    ] {
      let wide = PNGWriter(size: PixelSize(width: width, height: height))
      #expect(error(wide.signature + wide.header + PNGWriter.chunk("IDAT", [])).contains(word))
    }
    writer.filter = { $0 == 3 ? 9 : 0 }
    #expect(error(writer.file(samples)).contains("row 3 has filter 9"))
    writer.filter = { _ in 0 }
    #expect(error(PNGWriter.chunk("IHDR", []) + [0]).contains("is not a "))
    #expect(error([0x89, 0x50, 0x4E, 0x47, 0x0A, 0x1A, 0x0A, 0, 0, 0]).contains("transfer as text"))
    var few = writer
    few = PNGWriter(size: PixelSize(width: 8, height: 9))
    let short = few.signature + few.header + PNGWriter.chunk("IDAT", ZlibStream.stored(writer.packed(samples)))
    #expect(error(short + PNGWriter.chunk("IEND", [])).contains("9 bytes early"))
  }
}
