import FeederCodecs
import FeederCore
import FeederImaging
import Testing

@Suite("A PNG that Feeder writes has every pixel")
struct PNGEncoderTests {
  @Test("what was written is read back, also in several blocks of its stream", arguments: [1, 3], [1, 7, 300])
  func roundTrip(_ channels: Int, _ side: Int) throws {
    let size = PixelSize(width: side, height: side + 1)
    var random = CounterRandom(seed: 5, index: side, purpose: .noise)
    let bytes = (0..<size.width * size.height * channels).map { _ in UInt8(random.integer(below: 256)) }
    let image = Pixels(bytes: bytes, size: size, channels: channels)
    let file = PNGEncoder.encode(image)
    let read = try file.withUnsafeBytes { try ImageDecoder().decode($0, channels: channels) }
    #expect(read == image)
    #expect(PNGEncoder.encode(image) == file)
  }
}
