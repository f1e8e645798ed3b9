import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Testing

@Suite("A file that is no sound JPEG is refused with its reason")
struct DamagedJPEGTests {
  /// The error of decoding `bytes`; nil where they decode.
  func error(_ bytes: [UInt8], channels: Int = 1) throws -> ImagingError? {
    let decoder = try ImageDecoder()
    do {
      _ = try decoder.decode(bytes, channels: channels)
      return nil
    } catch let error as ImagingError {
      return error
    }
  }

  @Test("an empty file says that it is empty")
  func empty() throws {
    #expect(try error([]) == .emptyFile)
    #expect(ImagingError.emptyFile.description.contains("empty"))
  }

  @Test("another format is named")
  func otherFormats() throws {
    #expect(try error(Array("GIF89a".utf8)) == .unknownFormat(looksLike: "a GIF"))
    #expect(try #require(try error(Array("GIF89a".utf8))).description.contains("is a GIF, which is not read"))
    #expect(try error(Array("%PDF-1.7".utf8)) == .unknownFormat(looksLike: "a PDF"))
    #expect(try error([0xFF]) == .unknownFormat(looksLike: nil))
    #expect(try error(Array("hello".utf8)) == .unknownFormat(looksLike: nil))
  }

  @Test("a file cut anywhere is truncated, the end marker alone included", arguments: [1, 3])
  func cutAnywhere(channels: Int) throws {
    let jpeg = try TestImages.jpeg(PixelSize(width: 40, height: 30), channels: channels)
    for count in 2..<jpeg.count {
      guard case .truncated? = try error(Array(jpeg.prefix(count)), channels: channels) else {
        Issue.record(
          "cut to \(count) of \(jpeg.count) bytes: \(String(describing: try error(Array(jpeg.prefix(count)))))")
        return
      }
    }
    #expect(try error(jpeg, channels: channels) == nil)
  }

  @Test("spare bytes before and after the end marker do no harm")
  func spareBytes() throws {
    let jpeg = try TestImages.jpeg(PixelSize(width: 40, height: 30), channels: 1)
    #expect(try error(jpeg + [1, 2, 3]) == nil)
    #expect(try error(jpeg.dropLast(2) + [1, 2, 3, 0xFF, 0xD9]) == nil)
  }

  @Test("random damage never gets further than an error", arguments: 0..<40)
  func randomDamage(seed: UInt64) throws {
    let jpeg = try TestImages.jpeg(PixelSize(width: 40, height: 30), channels: 3)
    let noise = TestImages.noise(PixelSize(side: 16), channels: 1, seed: seed).bytes
    for round in 0..<40 {
      var damaged = jpeg
      let place = (Int(noise[round * 3]) << 8 | Int(noise[round * 3 + 1])) % jpeg.count
      damaged[place] = noise[round * 3 + 2]
      if let error = try error(damaged, channels: 3) { #expect(!error.description.isEmpty) }
    }
    #expect(try error(jpeg, channels: 3) == nil)
  }

  @Test("kinds that are not read are named")
  func unsupported() throws {
    func refusal(_ header: [UInt8]) throws -> String {
      guard case .unsupported(_, let reason)? = try error(header) else { return "" }
      return reason
    }
    #expect(try refusal(TestImages.header(width: 8, height: 8, components: 4)).contains("CMYK"))
    #expect(try refusal(TestImages.header(frame: 0xC9, width: 8, height: 8, components: 1)).contains("arithmetic"))
    #expect(try refusal(TestImages.header(precision: 12, width: 8, height: 8, components: 1)).contains("12 bits"))
    #expect(try refusal(TestImages.header(frame: 0xC3, width: 8, height: 8, components: 1)).contains("lossless"))
    #expect(try refusal(TestImages.header(width: 8, height: 8, components: 2)).contains("2 components"))
  }

  @Test("a size above the limits is refused from the header alone")
  func tooLarge() throws {
    #expect(
      try error(TestImages.header(width: 65_501, height: 1, components: 1)) == .tooLarge(width: 65_501, height: 1))
    #expect(
      try error(TestImages.header(width: 65_000, height: 65_000, components: 3))
        == .tooLarge(width: 65_000, height: 65_000))
    guard case .damaged? = try error(TestImages.header(width: 0, height: 5, components: 1)) else {
      Issue.record("a width of 0 passed")
      return
    }
    guard case .truncated? = try error(TestImages.header(width: 13_377, height: 13_377, components: 1)) else {
      Issue.record("178,944,129 pixels are within the limit, and the rest of the file is missing")
      return
    }
  }
}
