import BoardSupport
import FeederCore
import FeederImaging
import Testing

@testable import FeederCodecs

@Suite("A picture decoded in bands is the picture decoded as a whole")
struct BandTests {
  /// The bands of `file` put together. Throws what decoding throws.
  private func joined(_ file: [UInt8], channels: Int, height: Int, limits: ImageLimits = .standard) throws -> Pixels {
    let decoder = try ImageDecoder()
    return try file.withUnsafeBytes { bytes in
      let size = try decoder.open(bytes, limits: limits).size
      var pixels = Pixels(size: size, channels: channels, value: 7)
      var missing = Set(stride(from: 0, to: size.height, by: height))
      try decoder.decodeBands(of: height, channels: channels, window: .full) { first, band in
        #expect(missing.remove(first) != nil, "band \(first) comes once")
        #expect(band.size == PixelSize(width: size.width, height: min(height, size.height - first)))
        let start = first * size.width * channels
        pixels.bytes.replaceSubrange(
          start..<start + band.byteCount, with: UnsafeRawBufferPointer(start: band.base, count: band.byteCount))
      }
      #expect(missing.isEmpty)
      return pixels
    }
  }

  @Test("every odd picture of every format, and every damaged one", arguments: [1, 3])
  func allKinds(channels: Int) throws {
    let decoder = try ImageDecoder()
    var decodedCount = 0
    for (name, file) in try Self.files() {
      let whole = Result { try file.withUnsafeBytes { try decoder.decode($0, channels: channels) } }
      for height in [1, 5, 64] {
        let bands = Result { try joined(file, channels: channels, height: height) }
        switch (whole, bands) {
        case (.success(let whole), .success(let bands)):
          #expect(whole == bands, "\(name) in bands of \(height)")
          decodedCount += 1
        case (.failure, .failure): break
        default: Issue.record("\(name): decoded as a whole or in bands of \(height), but not both ways")
        }
      }
    }
    #expect(decodedCount > 100)
  }

  /// Odd and damaged JPEGs, and small pictures of the other formats in their kinds of rows and orientations.
  private static func files() throws -> [(name: String, bytes: [UInt8])] {
    var files = try ImageFault.all().compactMap { fault in fault.bytes.map { (fault.name, $0) } }
    let (width, height) = (37, 71)
    let noise = TestImages.noise(PixelSize(width: width, height: height), channels: 3, seed: 3).bytes.map(Int.init)
    let grey = Array(noise[..<(width * height)])
    for isTopDown in [false, true] {
      var bmp = BMPPieces()
      bmp.isTopDown = isTopDown
      let colours = stride(from: 0, to: noise.count, by: 3).map { noise[$0] << 16 | noise[$0 + 1] << 8 | noise[$0 + 2] }
      files.append(("bmp-\(isTopDown)", bmp.file(colours, width: width, height: height, bits: 24)))
    }
    for packing in TIFFPieces.Packing.allCases {
      for orientation in 1...8 {
        for isTiled in [false, true] {
          var tiff = TIFFPieces()
          (tiff.packing, tiff.orientation, tiff.rowsPerStrip) = (packing, orientation, 9)
          if isTiled { (tiff.tile, tiff.rowsPerStrip) = ((16, 16), nil) }
          tiff.photometric = 2
          files.append(
            (
              "tiff-\(packing)-\(orientation)-\(isTiled)",
              tiff.file(noise, width: width, height: height, channels: 3, bits: 8)
            ))
          tiff.photometric = 1
          files.append(
            (
              "tiff16-\(packing)-\(orientation)-\(isTiled)",
              tiff.file(grey.map { $0 * 257 }, width: width, height: height, channels: 1, bits: 16)
            ))
        }
      }
    }
    var planes = TIFFPieces()
    (planes.arePlanesApart, planes.photometric, planes.rowsPerStrip) = (true, 2, 10)
    files.append(("tiff-planes", planes.file(noise, width: width, height: height, channels: 3, bits: 8)))
    for isInterlaced in [false, true] {
      var png = PNGWriter(size: PixelSize(width: width, height: height))
      png.isInterlaced = isInterlaced
      files.append(("png-grey-\(isInterlaced)", png.file(grey)))
      png.type = 2
      files.append(("png-\(isInterlaced)", png.file(noise)))
    }
    let bytes = grey.map { UInt8($0) }
    files.append(("pgm", Array("P5 37 71 255\n".utf8) + bytes))
    files.append(("pgm text", Array(("P2 37 71 255\n" + grey.map(String.init).joined(separator: " ")).utf8)))
    files.append(("pgm cut", Array("P5 37 72 255\n".utf8) + bytes))
    return files
  }

  @Test("JPEGs of every chroma sampling, as the other interface of libjpeg-turbo gives them")
  func chroma() throws {
    let encoder = try JPEGEncoder()
    let decoder = try ImageDecoder()
    for (channels, size) in [(1, PixelSize(width: 130, height: 67)), (3, PixelSize(width: 131, height: 65))] {
      let noise = TestImages.noise(size, channels: channels, seed: 5)
      for quality in [40, 95] {
        let file = try noise.withView { try encoder.encode($0, quality: quality) }
        for wanted in [1, 3] {
          let whole = try file.withUnsafeBytes { try decoder.decode($0, channels: wanted) }
          #expect(try joined(file, channels: wanted, height: 16) == whole)
        }
      }
    }
    let progressive = try SampleJPEGs.progressive()
    try progressive.withUnsafeBytes { bytes in
      _ = try decoder.open(bytes)
      #expect(decoder.wholeByteCount(channels: 1) > 0)
    }
  }

  @Test("an error of the user of the bands ends the decoding, and the decoder goes on with the next picture")
  func userStops() throws {
    struct Stop: Error {}
    let decoder = try ImageDecoder()
    let size = PixelSize(width: 40, height: 90)
    let jpeg = try TestImages.jpeg(size, channels: 3)
    let whole = try jpeg.withUnsafeBytes { try decoder.decode($0, channels: 3) }
    var count = 0
    #expect(throws: Stop.self) {
      try jpeg.withUnsafeBytes { bytes in
        _ = try decoder.open(bytes)
        try decoder.decodeBands(of: 8, channels: 3, window: .full) { _, _ in
          count += 1
          if count == 3 { throw Stop() }
        }
      }
    }
    #expect(count == 3)
    #expect(try jpeg.withUnsafeBytes { try decoder.decode($0, channels: 3) } == whole)
  }

  @Test("a larger image is refused with the option that allows it, and read with it")
  func limits() throws {
    let side = 20_000
    let file = Array("P5 \(side) \(side) 255\n".utf8)
    #expect {
      try file.withUnsafeBytes { _ = try ImageHeader(of: $0, fileByteCount: 1 << 29) }
    } throws: {
      "\($0)".contains("--largest-image 400000000")
    }
    let limits = ImageLimits(pixelCount: side * side)
    let header = try file.withUnsafeBytes { try ImageHeader(of: $0, fileByteCount: 1 << 29, limits: limits) }
    #expect(header.size == PixelSize(side: side))
    #expect(ImageLimits.standard.fileByteCount == 256 << 20 && limits.fileByteCount > 400_000_000)
    let wide = Array("P5 65501 1 255\n".utf8)
    #expect {
      try wide.withUnsafeBytes { _ = try ImageHeader(of: $0, limits: limits) }
    } throws: {
      !"\($0)".contains("--largest-image")
    }
  }
}
