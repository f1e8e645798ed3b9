import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Foundation
import Testing

@Suite("TIFF: what is not read or damaged is refused in one line, and costs nothing")
struct DamagedTIFFTests {
  private let samples = TIFFTests.samples(40, 30, 1, bits: 8)

  private func file(_ change: (inout TIFFPieces) -> Void) -> [UInt8] {
    var pieces = TIFFPieces()
    change(&pieces)
    return pieces.file(samples, width: 40, height: 30, channels: 1, bits: 8)
  }

  /// Why the file is refused; nil if it is read.
  private func refusal(_ file: [UInt8]) -> String? {
    do {
      let decoder = try ImageDecoder()
      _ = try decoder.decode(file, channels: 1)
      return nil
    } catch {
      #expect(error is ImagingError && !"\(error)".contains("\n"))
      return "\(error)"
    }
  }

  @Test(
    "a kind that is not read has its reason",
    arguments: [
      (258, 12, "12 bits"), (258, 32, "32 bits"), (258, 77, "77 bits"), (259, 2, "CCITT"), (259, 4, "fax 4"),
      (259, 7, "JPEG"), (259, 6, "JPEG of 1992"), (259, 50_000, "ZSTD"), (259, 34_925, "LZMA"), (259, 50_001, "WebP"),
      (259, 9999, "9999"), (262, 4, "mask"), (262, 5, "CMYK"), (262, 6, "YCbCr"), (262, 8, "L*a*b*"),
      (262, 32_803, "mosaic"),
      (262, 99, "99"), (266, 2, "lowest bit"), (317, 2, "predictor 2"), (317, 3, "floating-point"),
      (317, 7, "predictor 7"),
      (339, 2, "signed"), (339, 3, "floating-point"), (339, 6, "complex"), (339, 9, "sample format 9"),
      (277, 5, "4 more samples"),
      (284, 3, "plane order 3"), (277, 60_000, "60000 samples"), (256, 0, "no width"), (257, 0, "no width"),
      (256, 70_000, "limit"), (257, 1 << 31, "limit"), (278, 0, "no rows"), (273, 1 << 30, "lies at byte"),
      (279, 5, "cannot hold"), (279, 1 << 31, "lies at byte"), (322, 16, "size of its tiles"),
    ])
  func kinds(tag: Int, value: Int, word: String) {
    let reason = refusal(file { $0.fields[tag] = [value] })
    #expect(reason?.contains(word) == true, "\(tag): \(reason ?? "is read")")
  }

  @Test("what a directory must say", arguments: [256, 257, 262, 273])
  func missing(tag: Int) {
    #expect(refusal(file { $0.missing = [tag] }) != nil)
  }

  @Test("packed data without the sizes of the strips, fewer strips than rows, a short palette")
  func counts() {
    #expect(refusal(file { ($0.packing, $0.missing) = (.lzw, [279]) })?.contains("name all") == true)
    #expect(refusal(file { $0.fields[278] = [10] })?.contains("name all") == true)
    #expect(refusal(file { ($0.photometric, $0.colourMap) = (3, [1, 2, 3]) })?.contains("palette") == true)
    #expect(refusal(file { $0.photometric = 3 })?.contains("palette") == true)
  }

  @Test("LZW of before 1988, codes that nobody wrote, streams that end early")
  func lzw() {
    var file = file { $0.packing = .lzw }
    let kept = file
    file.replaceSubrange(8..<10, with: [0, 1])
    #expect(refusal(file)?.contains("1988") == true)
    file.replaceSubrange(8..<10, with: [0x80, 0x7F])  // clear, then code 511
    #expect(refusal(file)?.contains("means nothing") == true)
    file.replaceSubrange(8..<11, with: [0x80, 0x40, 0x40])  // clear, then the end
    #expect(refusal(file)?.contains("not all there") == true)
    var random = CounterRandom(seed: 9, epoch: 0, index: 0, purpose: .augmentation)
    for _ in 0..<2000 {
      var damaged = kept
      for _ in 0..<4 { damaged[8 + random.integer(below: 700)] = UInt8(random.integer(below: 256)) }
      _ = refusal(damaged)
    }
  }

  @Test("a deflate stream's checksum counts; more rows than are needed have a remark")
  func deflate() throws {
    let file = file { $0.packing = .deflate }
    let end = try #require(
      file.indices.dropLast(3).first {
        Array(file[$0..<$0 + 4]) == Array(TIFFPieces.zlib(samples.map { UInt8($0) }).suffix(4))
      })
    var damaged = file
    damaged[end] ^= 1
    #expect(refusal(damaged)?.contains("checksum") == true)
    var pieces = TIFFPieces()
    pieces.packing = .deflate
    pieces.fields[257] = [29]
    let more = pieces.file(samples, width: 40, height: 30, channels: 1, bits: 8)
    let decoder = try ImageDecoder()
    #expect(try decoder.decode(more, channels: 1).bytes == samples.prefix(40 * 29).map { UInt8($0) })
    #expect(decoder.remarks == .bytesBehindEnd)
  }

  @Test(
    "a file that is cut or changed anywhere is refused, or read with the pixels that are there",
    arguments: TIFFPieces.Packing.allCases)
  func everyByte(_ packing: TIFFPieces.Packing) throws {
    for isBig in [false, true] {
      let file = file {
        ($0.packing, $0.isBig, $0.rowsPerStrip) = (packing, isBig, 4)
        $0.morePages = 1
      }
      let pixels = samples.map { UInt8($0) }
      for count in 0..<file.count {
        let decoder = try ImageDecoder()
        // Without the second directory the first picture is whole.
        guard let found = try? decoder.decode(Array(file.prefix(count)), channels: 1) else { continue }
        #expect(found.bytes == pixels && !decoder.remarks.isEmpty)
      }
      for place in file.indices {
        for value in [0, 0x7F, 0x80, 0xFF] as [UInt8] {
          var changed = file
          changed[place] = value
          _ = refusal(changed)
        }
      }
    }
  }

  @Test("bombs are refused by their header, before anything is unpacked")
  func bombs() {
    let time = ContinuousClock().measure {
      for (width, height) in [(65_000, 65_000), (60_000, 2900), (13_377, 13_377)] {
        for packing in TIFFPieces.Packing.allCases {
          let bomb = file {
            $0.packing = packing
            $0.fields = [256: [width], 257: [height], 278: [height]]
          }
          #expect(refusal(bomb) != nil)
        }
      }
      // Every strip is the same few bytes.
      let rows = 60_000
      let shared = file {
        $0.packing = .deflate
        $0.fields = [256: [2900], 257: [rows], 278: [1], 273: [Int](repeating: 8, count: rows)]
        $0.fields[279] = [Int](repeating: 1200, count: rows)
      }
      #expect(refusal(shared) != nil)
      let tiles = file { $0.fields = [322: [60_000], 323: [60_000], 324: [8], 325: [1200]] }
      #expect(refusal(tiles)?.contains("row of tiles") == true)
    }
    #expect(time < .seconds(2))
  }
}
