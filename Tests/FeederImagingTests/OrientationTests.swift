import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Testing

@Suite("A picture is decoded as it is seen: turned as its EXIF orientation says")
struct OrientationTests {
  private static let all = Orientation.allCases

  @Test("all eight, in every scale, channel count and kind of file", arguments: all)
  func turned(_ orientation: Orientation) throws {
    let decoder = try ImageDecoder()
    for jpeg in [try SampleJPEGs.baseline(), try SampleJPEGs.progressive(), SampleJPEGs.blocks()] {
      let file = JPEGPieces.oriented(jpeg, orientation.rawValue)
      let stored = try jpeg.withUnsafeBytes { try ImageHeader(of: $0) }
      let info = try file.withUnsafeBytes { try ImageHeader(of: $0) }
      #expect(info.size == orientation.turned(stored.size) && info.orientation == orientation)
      for (denominator, channels) in [(1, 1), (1, 3), (2, 3), (4, 1), (8, 3)] {
        let scale = DecodeScale(denominator: denominator)
        let expected = SampleJPEGs.seen(try decoder.decode(jpeg, channels: channels, scale: scale), orientation)
        #expect(try decoder.decode(file, channels: channels, scale: scale) == expected)
      }
    }
  }

  @Test("a picture of one row or column is turned too", arguments: all)
  func thin(_ orientation: Orientation) throws {
    for size in [PixelSize(width: 37, height: 1), PixelSize(width: 1, height: 37)] {
      let jpeg = try TestImages.jpeg(size, channels: 1)
      let expected = SampleJPEGs.seen(try ImageDecoder().decode(jpeg, channels: 1), orientation)
      #expect(try ImageDecoder().decode(JPEGPieces.oriented(jpeg, orientation.rawValue), channels: 1) == expected)
    }
  }

  @Test("EXIF that tells no orientation, or none of the eight, turns nothing; the first one that tells counts")
  func unusual() throws {
    let expected: [String: Int] = ["exif-big-endian": 6, "exif-long": 6, "exif-twice": 6]
    let faults = try ImageFault.all().filter { $0.name.hasPrefix("exif-") }
    #expect(faults.count > 10)
    for fault in faults {
      let info = try #require(fault.bytes).withUnsafeBytes { try ImageHeader(of: $0) }
      #expect(info.orientation.rawValue == expected[fault.name] ?? 1, "\(fault.name)")
    }
  }
}
