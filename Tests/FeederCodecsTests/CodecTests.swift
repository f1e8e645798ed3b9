import BoardSupport
import FeederCore
import FeederImaging
import Testing

@testable import FeederCodecs

@Suite("Every format is read through one list of codecs")
struct CodecTests {
  @Test("each format has one codec, and no ending has two")
  func list() {
    #expect(Set(ImageCodecs.all.map { $0.format }).count == ImageCodecs.all.count)
    #expect(Set(ImageCodecs.endings).count == ImageCodecs.endings.count)
    #expect(ImageCodecs.endings.allSatisfy { $0 == $0.lowercased() && !$0.isEmpty })
    for format in ImageCodecs.all.map({ $0.format }) {
      #expect(ImageCodecs.endings.contains(ImageCodecs.ending(of: format)))
    }
  }

  @Test("a header says the same alone, from a file's beginning, and as the decoder opens the file")
  func headers() throws {
    let jpeg = try TestImages.jpeg(PixelSize(width: 31, height: 19), channels: 3)
    let file = JPEGPieces.oriented(jpeg, Orientation.turnedRight.rawValue)
    let header = try file.withUnsafeBytes { try ImageHeader(of: $0) }
    #expect(header.size == PixelSize(width: 19, height: 31))
    #expect(header.channels == 3 && header.bitDepth == 8)
    #expect(header.orientation == .turnedRight && header.format == .jpeg)
    let decoder = try ImageDecoder()
    #expect(try file.withUnsafeBytes { try decoder.open($0) } == header)
    let beginning = Array(file.prefix(file.count - 40))
    #expect(try beginning.withUnsafeBytes { try ImageHeader(of: $0, fileByteCount: file.count) } == header)
  }

  @Test("an opened file is decoded as in one call, also after a file that was opened and left")
  func opened() throws {
    let decoder = try ImageDecoder()
    let left = try TestImages.jpeg(PixelSize(width: 50, height: 20), channels: 1)
    _ = try left.withUnsafeBytes { try decoder.open($0) }
    #expect(throws: ImagingError.emptyFile) { try [UInt8]().withUnsafeBytes { try decoder.open($0) } }
    let jpeg = try TestImages.jpeg(PixelSize(width: 31, height: 19), channels: 3)
    let expected = try ImageDecoder().decode(jpeg, channels: 3)
    var pixels = Pixels(size: expected.size, channels: 3, value: 0)
    try jpeg.withUnsafeBytes { file in
      let header = try decoder.open(file)
      let size = try pixels.bytes.withUnsafeMutableBytes { try decoder.decode(channels: 3, into: $0) }
      #expect(size == header.size)
    }
    #expect(pixels == expected)
  }

  @Test("a file is recognised by its first bytes")
  func recognised() throws {
    let jpeg = try TestImages.jpeg(PixelSize(width: 8, height: 8), channels: 1)
    #expect(jpeg.prefix(16).withUnsafeBytes { ImageCodecs.recognise($0) })
    for other in [[], [0xFF], [0, 5, 0x16, 7], Array("B1234".utf8)] as [[UInt8]] {
      #expect(!other.withUnsafeBytes { ImageCodecs.recognise($0) })
    }
  }
}
