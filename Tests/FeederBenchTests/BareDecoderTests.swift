import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Testing

@testable import FeederBench

@Suite("The bare decoder gives the pixels of the careful one")
struct BareDecoderTests {
  @Test("Every reduction, to one channel and to three", arguments: [1, 2, 4, 8], [1, 3])
  func same(denominator: Int, channels: Int) throws {
    for components in [1, 3] { try compare(components, denominator, channels) }
  }

  private func compare(_ components: Int, _ denominator: Int, _ channels: Int) throws {
    let jpeg = try TestImages.jpeg(PixelSize(width: 103, height: 61), channels: components)
    let scale = DecodeScale(denominator: denominator)
    let expected = try ImageDecoder().decode(jpeg, channels: channels, scale: scale)
    var bytes = [UInt8](repeating: 0, count: expected.bytes.count)
    let decoder = try BareDecoder()
    jpeg.withUnsafeBytes { jpeg in
      bytes.withUnsafeMutableBytes { decoder.decode(jpeg, size: expected.size, channels: channels, into: $0) }
    }
    #expect(bytes == expected.bytes)
  }

  @Test("a PNG is unpacked to its rows with their filters; other files are copied")
  func unpacked() {
    // 2 x 1 pixels in two chunks; checksums are not looked at.
    let chunks: [[UInt8]] = [
      Array("\0\0\0\rIHDR".utf8) + [0, 0, 0, 2, 0, 0, 0, 1, 8, 0, 0, 0, 0],
      Array("\0\0\0\u{4}IDAT".utf8) + [0x78, 0x01, 1, 3],
      Array("\0\0\0\u{6}IDAT".utf8) + [0, 0xFC, 0xFF, 0, 7, 9], Array("\0\0\0\0IEND".utf8),
    ]
    let png: [UInt8] =
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Array(chunks.joined(separator: [0, 0, 0, 0])) + [0, 0, 0, 0]
    let unpacker = BareUnpacker()
    #expect(png.withUnsafeBytes { unpacker.unpack($0) } == 3)
    #expect(Array("P5 1 1 255 x".utf8).withUnsafeBytes { unpacker.unpack($0) } == 12)
  }
}
