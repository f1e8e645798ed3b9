import FeederCodecs
import FeederCore
import FeederImaging

/// Pictures with soft gradients and hard edges, equal on every machine.
package enum TestImages {
  /// A picture of `size` with different channels and a bright rectangle in the middle.
  package static func board(_ size: PixelSize, channels: Int) -> Pixels {
    var image = Pixels(size: size, channels: channels, value: 0)
    for y in 0..<size.height {
      for x in 0..<size.width {
        let isPad = abs(2 * x - size.width) * 3 < size.width && abs(2 * y - size.height) * 3 < size.height
        for channel in 0..<channels {
          let slope = (x * (channel + 1) * 90 / size.width + y * (3 - channel) * 40 / size.height) % 200
          image.bytes[(y * size.width + x) * channels + channel] = UInt8(isPad ? 230 - 40 * channel : slope)
        }
      }
    }
    return image
  }

  /// A picture of random bytes for `seed`.
  package static func noise(_ size: PixelSize, channels: Int, seed: UInt64) -> Pixels {
    var state = seed &* 2 &+ 1
    let bytes = (0..<size.width * size.height * channels).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    return Pixels(bytes: bytes, size: size, channels: channels)
  }

  /// `board` as a JPEG file. Throws `ImagingError`.
  package static func jpeg(_ size: PixelSize, channels: Int, quality: Int = 95) throws -> [UInt8] {
    let encoder = try JPEGEncoder()
    return try board(size, channels: channels).withView { (view) throws -> [UInt8] in
      try encoder.encode(view, quality: quality)
    }
  }

  /// The markers of a JPEG up to a frame header with the given fields, without image data.
  package static func header(
    frame: UInt8 = 0xC0, precision: UInt8 = 8, width: Int, height: Int, components: Int
  ) -> [UInt8] {
    let length = 8 + 3 * components
    let fields = [
      UInt8(length >> 8), UInt8(length & 255), precision, UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8),
      UInt8(width & 255), UInt8(components),
    ]
    return [0xFF, 0xD8, 0xFF, frame] + fields + (0..<components).flatMap { [UInt8($0 + 1), 0x11, 0] }
  }
}

extension ImageDecoder {
  /// Decodes an array of bytes. Throws `ImagingError`.
  package func decode(_ jpeg: [UInt8], channels: Int, scale: DecodeScale = .full) throws -> Pixels {
    try jpeg.withUnsafeBytes { try decode($0, channels: channels, scale: scale) }
  }
}

/// The largest difference between bytes at the same index.
package func largestDifference(_ left: [UInt8], _ right: [UInt8]) -> Int {
  zip(left, right).map { abs(Int($0) - Int($1)) }.max() ?? 0
}
