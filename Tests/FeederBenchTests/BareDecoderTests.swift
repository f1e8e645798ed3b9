import BoardSupport
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
}
