import CTurboJPEG
import FeederCore
import FeederImaging

@testable import FeederCodecs

/// Valid JPEGs of several kinds. Damaged files are made from them.
package enum SampleJPEGs {
  /// Not square, not a multiple of 16, and different in every orientation.
  package static let size = PixelSize(width: 104, height: 72)

  /// As cameras write it: colour at 4:2:0, one scan. Throws `ImagingError`.
  package static func baseline() throws -> [UInt8] {
    try TemporaryBoards.board(3, size: size, channels: 3).withView { (view) throws -> [UInt8] in
      try JPEGEncoder().encode(view, quality: 90, chroma: .half)
    }
  }

  /// The same picture in ten scans. Throws `ImagingError`.
  package static func progressive() throws -> [UInt8] {
    try compressed(TJPF_RGB, channels: 3, TJSAMP_420, flags: TJFLAG_PROGRESSIVE)
  }

  /// A picture of four components, marked as YCCK. Throws `ImagingError`.
  package static func ycck() throws -> [UInt8] { try compressed(TJPF_CMYK, channels: 4, TJSAMP_444, flags: 0) }

  private static func compressed(_ format: TJPF, channels: Int, _ sampling: TJSAMP, flags: Int32) throws -> [UInt8] {
    let pixels = TemporaryBoards.board(3, size: size, channels: 3).bytes
    var bytes = [UInt8](repeating: 255, count: size.width * size.height * channels)
    for (place, value) in pixels.enumerated() { bytes[place / 3 * channels + place % 3] = value }
    guard let handle = tjInitCompress() else { throw ImagingError.library(reason: "no handle") }
    defer { tjDestroy(handle) }
    let (width, height) = (Int32(size.width), Int32(size.height))
    let capacity = Int(tjBufSize(width, height, Int32(sampling.rawValue)))
    return try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      var start = buffer.baseAddress
      var length = UInt(capacity)
      let status = tjCompress2(
        handle, bytes, width, 0, height, Int32(format.rawValue), &start, &length, Int32(sampling.rawValue), 90,
        flags | TJFLAG_NOREALLOC)
      guard status == 0 else { throw ImagingError.library(reason: String(cString: tjGetErrorStr2(handle))) }
      count = Int(length)
    }
  }

  /// 6 x 4 grey blocks of one value each, sequential. If `restarts`, a restart marker follows each row.
  package static func blocks(restarts: Bool = false, isWide: Bool = false) -> [UInt8] {
    let rows: [[UInt8]] = (0..<4).map { row in (0..<6).map { UInt8(20 + 37 * row + 15 * $0) } }
    return JPEGPieces.file(
      JPEGPieces.quantisation(isWide: isWide), JPEGPieces.frame(width: 48, height: 32), JPEGPieces.huffman,
      restarts ? JPEGPieces.restartInterval(6) : [], JPEGPieces.scan(),
      JPEGPieces.codes(restarts ? rows : [Array(rows.joined())]))
  }

  /// The same in colour, one scan per component. Only the components `ids` are included.
  package static func blocks(inScansOf ids: [UInt8]) -> [UInt8] {
    let codes = JPEGPieces.codes([(0..<24).map { UInt8(20 + 9 * $0) }])
    let scans = ids.map { JPEGPieces.scan([$0]) + codes }
    return JPEGPieces.file(
      JPEGPieces.quantisation(), JPEGPieces.frame(width: 48, height: 32, sampling: [0x11, 0x11, 0x11]),
      JPEGPieces.huffman, Array(scans.joined()))
  }

  /// `stored` as a viewer shows it. By the standard, an orientation says where the first row and the first column are
  /// shown.
  package static func seen(_ stored: Pixels, _ orientation: Orientation) -> Pixels {
    let size = orientation.turned(stored.size)
    var seen = Pixels(size: size, channels: stored.channels, value: 0)
    for row in 0..<stored.size.height {
      for column in 0..<stored.size.width {
        let (left, top): (Int, Int) =
          switch orientation {
          case .upright: (column, row)  // row 0 at the top, column 0 at the left
          case .mirrored: (size.width - 1 - column, row)  // top, right
          case .upsideDown: (size.width - 1 - column, size.height - 1 - row)  // bottom, right
          case .flipped: (column, size.height - 1 - row)  // bottom, left
          case .transposed: (row, column)  // left, top
          case .turnedRight: (size.width - 1 - row, column)  // right, top
          case .transversed: (size.width - 1 - row, size.height - 1 - column)  // right, bottom
          case .turnedLeft: (row, size.height - 1 - column)  // left, bottom
          }
        for channel in 0..<stored.channels {
          seen.bytes[(top * size.width + left) * stored.channels + channel] =
            stored.bytes[(row * stored.size.width + column) * stored.channels + channel]
        }
      }
    }
    return seen
  }

  /// Offsets of the markers of a valid JPEG; the end marker is last. Throws `ImagingError`.
  package static func markerPlaces(_ jpeg: [UInt8]) throws -> [Int] {
    try jpeg.withUnsafeBytes { bytes in
      var markers = JPEGMarkers(EncodedBytes(bytes), offset: 0)
      var places: [Int] = []
      while markers.offset < bytes.count {
        places.append(markers.offset)
        if try markers.next().marker == 0xDA { _ = markers.skipCodedData() }
      }
      return places
    }
  }
}
