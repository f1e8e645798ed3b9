import FeederCore
import FeederImaging

/// A JPEG's markers up to its first scan, with the limits that hold before anything is allocated or decoded.
/// Lives no longer than the bytes it lies in.
struct JPEGHeader {
  let frame: JPEGFrame
  let orientation: Orientation
  let firstScan: JPEGScan
  /// The tables in front of the first scan.
  let tables: JPEGTables
  /// MCUs between restart markers; 0: there are none.
  let restartInterval: Int
  /// Stands behind the first scan's header.
  let markers: JPEGMarkers

  /// Most bytes of coefficients, which libjpeg holds all at once for a file of several scans: 134 million grey pixels, 89
  /// million in colour at 4:2:0.
  static let maximumCoefficientByteCount = 256 << 20

  /// Reads and checks the markers of `jpeg`, which begins as a JPEG does: a file of `fileByteCount` bytes or its beginning. Throws `ImagingError`.
  init(of jpeg: EncodedBytes, fileByteCount: Int, limits: ImageLimits = .standard) throws {
    var markers = JPEGMarkers(jpeg, offset: 2)
    var frame: JPEGFrame?
    var orientation: Orientation?
    var tables = JPEGTables()
    var restartInterval = 0
    while true {
      let (marker, payload) = try markers.next()
      switch marker {
      case 0xC4, 0xDB: tables.note(marker, jpeg, payload)
      case 0xC8, 0xCC: continue  // reserved, and tables of arithmetic coding, among the frame headers' numbers
      case 0xC0...0xCF:
        guard frame == nil else { throw ImagingError.damaged(.jpeg, reason: "it has two frame headers") }
        frame = try JPEGFrame(marker, jpeg, payload, limits)
      case 0xD9: throw ImagingError.truncated(.jpeg, reason: "it ends without an image")
      case 0xDD where payload.count == 2:
        restartInterval = jpeg.number(at: payload.lowerBound)
      case 0xE1:
        if orientation == nil { orientation = EXIF.orientation(jpeg[payload]) }
      case 0xDA:
        guard let frame else {
          throw ImagingError.damaged(.jpeg, reason: "the image data begins before any frame header")
        }
        self.frame = frame
        firstScan = try JPEGScan(jpeg, payload)
        self.orientation = orientation ?? .upright
        self.tables = tables
        self.restartInterval = restartInterval
        self.markers = markers
        try checkCost(fileByteCount: fileByteCount)
        return
      default: continue
      }
    }
  }

  /// True for a file that libjpeg cannot decode row by row: its coefficients come in several scans.
  var hasSeveralScans: Bool { frame.isProgressive || firstScan.componentCount < frame.componentCount }

  /// Throws where the file cannot hold what its header promises, or decoding it takes too much memory.
  private func checkCost(fileByteCount: Int) throws {
    let blockCount = frame.blockCount
    // Every block has a code for its mean, and no Huffman code is shorter than a bit.
    guard fileByteCount >= blockCount / 8 else {
      throw ImagingError.truncated(.jpeg, reason: "\(fileByteCount) bytes cannot hold \(frame.size) pixels")
    }
    let byteCount = blockCount * 64 * MemoryLayout<Int16>.size
    guard !hasSeveralScans || byteCount <= Self.maximumCoefficientByteCount else {
      throw ImagingError.costly(
        .jpeg,
        reason: "\(frame.size) pixels in several scans need \(ByteCount(byteCount)), where "
          + "\(ByteCount(Self.maximumCoefficientByteCount)) are the limit")
    }
  }
}
