import BoardSupport
import FeederCore
import FeederImaging
import Testing

@testable import FeederCodecs

@Suite("PGM and PPM files become pixels, or are refused with their reason")
struct PNMTests {
  private func decoded(_ file: [UInt8]) throws -> (bytes: [UInt8], header: ImageHeader, remarks: ImageRemarks) {
    let decoder = try ImageDecoder()
    return try file.withUnsafeBytes { file in
      let header = try decoder.open(file)
      var bytes = [UInt8](repeating: 0x55, count: header.size.width * header.size.height * header.channels)
      try bytes.withUnsafeMutableBytes { _ = try decoder.decode(channels: header.channels, into: $0) }
      return (bytes, header, decoder.remarks)
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

  @Test(
    "comments stand anywhere in the header",
    arguments: [
      "P5 3 2 255\n", "P5\n# a\n3\t2\r\n255 ", "P5#x\n3#y 9\n\n2 # z\n 255\n", "P5 3 2 255# behind\n",
      "P5\r\n3 2\r\n255\r\n",
    ])
  func headers(_ header: String) throws {
    let result = try decoded(Array(header.utf8) + [0, 1, 2, 253, 254, 255])
    #expect(result.bytes == [0, 1, 2, 253, 254, 255] && result.remarks == [])
    #expect(result.header.size == PixelSize(width: 3, height: 2) && result.header.whiteLevel == 255)
  }

  @Test("samples of every coding: bits, bytes, words, text")
  func codings() throws {
    #expect(try decoded(Array("P6 1 2 255 ".utf8) + [1, 2, 3, 4, 5, 6]).bytes == [1, 2, 3, 4, 5, 6])
    #expect(try decoded(Array("P5 2 1 100 ".utf8) + [50, 101]).bytes == [128, 255])
    let deep = try decoded(Array("P5 3 1 4095 ".utf8) + [0x0F, 0xFF, 0x08, 0, 0, 1])
    #expect(deep.bytes == [255, 128, 0])
    #expect(deep.header.bitDepth == 16 && deep.header.whiteLevel == 4_095 && deep.header.significantBits == 12)
    #expect(try decoded(Array("P2 2 2 9 0 9\n3 # x\n 1".utf8)).bytes == [0, 255, 85, 28])
    #expect(try decoded(Array("P3 1 1 65535\n65535 0 32768".utf8)).bytes == [255, 0, 128])
    #expect(
      try decoded(Array("P4 10 2 ".utf8) + [0b0101_0101, 0xC0, 0xFF, 0]).bytes
        == [255, 0, 255, 0, 255, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255])
  }

  @Test("more pictures and other bytes behind the first one have a remark")
  func pages() throws {
    let one = Array("P5 1 1 255 ".utf8) + [7]
    #expect(try decoded(one + one + one).header.pageCount == 3)
    #expect(try decoded(one + one).remarks == .severalPages && decoded(one + [1]).remarks == .bytesBehindEnd)
    let many = try decoded(one + (0..<100_000).flatMap { _ in one })
    #expect(many.header.pageCount == 100_001 && many.bytes == [7])
  }

  @Test(
    "what is wrong is named",
    arguments: [
      ("P5 -5 2 255 ", "no number where its width is due"), ("P5 3", "ends in front of its height"),
      ("P5 0 2 255 x", "its size is 0 x 2"), ("P5 1 1 0 x", "largest value is 0"), ("P5 1 1 65536 xx", "65536"),
      ("P5 99999999999999999999 1 255 x", "above the limit"), ("P5 1 1 255", "ends in front of its pixels"),
      ("P5 1 1 255x", "no space in front of its pixels"), ("P5 2 2 255 xxx", "3 bytes of pixels instead of 4"),
      ("P5 2 2 256 xxxxxxx", "7 bytes of pixels instead of 8"), ("P6 60000 2000 255 x", "instead of 360000000"),
      ("P2 2 1 9 1 10", "the value 10 in row 0 is above 9"), ("P2 2 1 9 1 x", "no number where its pixels is due"),
      ("P1 1 1 1", "bits written as text"), ("P7\nWIDTH 1", "PAM"), ("Pf\n1 1\n-1\n", "PFM"),
    ])
  func refused(text: String, reason: String) {
    #expect(error(Array(text.utf8)).contains(reason), "\(error(Array(text.utf8)))")
  }
}
