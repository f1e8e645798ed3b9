import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Testing

@Suite("JPEG bytes become pixels and come back")
struct JPEGTests {
  let size = PixelSize(width: 61, height: 43)

  @Test("a picture survives a round trip within the coding's loss", arguments: [1, 3])
  func roundTrip(channels: Int) throws {
    let decoder = try ImageDecoder()
    let jpeg = try TestImages.jpeg(size, channels: channels, quality: 100)
    let info = try jpeg.withUnsafeBytes { try decoder.open($0) }
    #expect(info.size == size)
    #expect(info.channels == channels)
    let decoded = try decoder.decode(jpeg, channels: channels)
    #expect(decoded.size == size)
    #expect(largestDifference(decoded.bytes, TestImages.board(size, channels: channels).bytes) <= 4)
  }

  @Test("colour asked of a grey file is three equal channels")
  func colourFromGrey() throws {
    let decoder = try ImageDecoder()
    let jpeg = try TestImages.jpeg(size, channels: 1)
    let grey = try decoder.decode(jpeg, channels: 1)
    let colour = try decoder.decode(jpeg, channels: 3)
    #expect(colour.bytes == grey.bytes.flatMap { [$0, $0, $0] })
  }

  @Test("grey asked of a colour file is its luma")
  func greyFromColour() throws {
    let decoder = try ImageDecoder()
    let jpeg = try TestImages.jpeg(size, channels: 3, quality: 100)
    let grey = try decoder.decode(jpeg, channels: 1)
    let colour = try decoder.decode(jpeg, channels: 3)
    for (index, value) in grey.bytes.enumerated() {
      let rgb = (0..<3).map { Double(colour.bytes[index * 3 + $0]) }
      #expect(abs(Double(value) - (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2])) <= 2)
    }
  }

  @Test("the reduced size is rounded up and the picture stays the same picture", arguments: [2, 4, 8])
  func reduction(denominator: Int) throws {
    let size = PixelSize(width: 323, height: 201)
    let scale = DecodeScale(denominator: denominator)
    let decoder = try ImageDecoder()
    let reduced = try decoder.decode(try TestImages.jpeg(size, channels: 1), channels: 1, scale: scale)
    #expect(reduced.size == scale.size(of: size))
    #expect(reduced.size.width * denominator >= size.width && (reduced.size.width - 1) * denominator < size.width)
    #expect(reduced.size.height * denominator >= size.height && (reduced.size.height - 1) * denominator < size.height)
    let full = TestImages.board(size, channels: 1)
    let center = full.bytes[size.height / 2 * size.width + size.width / 2]
    let reducedCenter = reduced.bytes[reduced.size.height / 2 * reduced.size.width + reduced.size.width / 2]
    #expect(abs(Int(center) - Int(reducedCenter)) <= 3)
  }

  @Test("the reduction is the largest that keeps the long side, at least the image size")
  func fitting() {
    for long in [1, 319, 320, 639, 640, 641, 1279, 1280, 2559, 2560, 5113, 5120, 65_500] {
      for imageSize in [32, 320, 640] {
        let source = PixelSize(width: long, height: (long + 1) / 2)
        let chosen = DecodeScale.fitting(source, imageSize: imageSize)
        for denominator in [1, 2, 4, 8] {
          let isLarge = (long + denominator - 1) / denominator >= imageSize
          if denominator == chosen.denominator { #expect(isLarge || denominator == 1) }
          if denominator > chosen.denominator { #expect(!isLarge) }
        }
      }
    }
  }

  @Test("an encoder and a decoder give the same bytes every time they are used again")
  func reuse() throws {
    let decoder = try ImageDecoder()
    let first = try TestImages.jpeg(size, channels: 3)
    let pixels = try decoder.decode(first, channels: 3)
    #expect(throws: ImagingError.self) { try decoder.decode(Array(first.dropLast(200)), channels: 3) }
    #expect(try decoder.decode(first, channels: 3) == pixels)
    #expect(try TestImages.jpeg(size, channels: 3) == first)
  }

  @Test("a planar picture is encoded like the interleaved one")
  func planarEncoding() throws {
    let image = TestImages.board(size, channels: 3)
    let planes = (0..<3).flatMap { channel in
      stride(from: channel, to: image.bytes.count, by: 3).map { image.bytes[$0] }
    }
    let encoder = try JPEGEncoder()
    let bytes = try planes.withUnsafeBufferPointer { buffer in
      let base = try #require(buffer.baseAddress)
      return try encoder.encode(ImageView(base: base, size: size, channels: 3, layout: .planar), quality: 90)
    }
    #expect(bytes == (try TestImages.jpeg(size, channels: 3, quality: 90)))
  }
}
