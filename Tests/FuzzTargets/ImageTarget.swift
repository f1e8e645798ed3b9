import BoardSupport
import FeederCore
import FeederImaging

extension FuzzTarget {
  /// A JPEG as loading takes it: header, decoding in full and reduced, grey and in colour, letterbox. Larger ones than 2^18 pixels only to
  /// the header, since a fuzzer has to be fast.
  func readJPEG(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { jpeg in
      let decoder = try ImageDecoder()
      let info = try decoder.open(jpeg)
      guard info.size.width * info.size.height <= 1 << 18 else { return }
      for channels in [1, 3] {
        let scale = DecodeScale.fitting(info.size, imageSize: 32)
        let pixels = try decoder.decode(jpeg, channels: channels, scale: scale)
        fit(pixels, original: info.size)
      }
      _ = try decoder.decode(jpeg, channels: 3)
    }
  }

  private func fit(_ pixels: Pixels, original: PixelSize) {
    let geometry = Letterbox(source: original, target: PixelSize(side: 32))
    var target = [UInt8](repeating: 0, count: 32 * 32 * pixels.channels)
    target.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      pixels.withView { view in
        letterbox(
          view, geometry: geometry,
          into: PlanarTarget(base: base, size: PixelSize(side: 32), channels: pixels.channels),
          scratch: PixelScratch())
      }
    }
  }

  func jpegSeeds() throws -> [[UInt8]] {
    let encoder = try JPEGEncoder()
    return try [(1, ChromaResolution.full), (3, .full), (3, .half)].map { channels, chroma in
      try TemporaryBoards.board(channels, size: PixelSize(width: 33, height: 20), channels: channels).withView {
        try encoder.encode($0, quality: 60, chroma: chroma)
      }
    }
  }
}
