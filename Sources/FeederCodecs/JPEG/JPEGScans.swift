import FeederImaging

/// All scans of a JPEG, counted and checked before libjpeg decodes the first. Lives no longer than the bytes it lies in.
struct JPEGScans {
  let header: JPEGHeader
  /// True where the file defines every table that it uses, as all but Motion JPEG's do.
  private(set) var isSelfContained: Bool
  /// True where restart markers lie between the scans' codes.
  private var hasRestarts: Bool

  /// Most scans accepted: some ten times what encoders write, and fewer of the largest pictures, which then take 2 s (measured:
  /// 0.1 s a scan of 2 million blocks). A limit on the time itself would let the machine decide what a run is given.
  private static func maximumCount(_ frame: JPEGFrame) -> Int { min(100, 42_000_000 / frame.blockCount) }

  /// Looks at the scans behind `header`; for a file of one scan at nothing more. Throws `ImagingError`.
  init(_ header: JPEGHeader) throws {
    self.header = header
    isSelfContained = header.tables.serve(header.firstScan, of: header.frame)
    hasRestarts = header.restartInterval > 0
    if header.hasSeveralScans { try walk() }
  }

  private mutating func walk() throws {
    var markers = header.markers
    var tables = header.tables
    let mostScans = Self.maximumCount(header.frame)
    var count = 1
    var coded = header.frame.componentsCoded(by: header.firstScan)
    _ = markers.skipCodedData()
    while true {
      let (marker, payload) = try markers.next()
      switch marker {
      case 0xC4, 0xDB: tables.note(marker, markers.bytes, payload)
      case 0xDD: hasRestarts = true
      case 0xDA:
        count += 1
        guard count <= mostScans else {
          throw ImagingError.costly(.jpeg, reason: "it has more than \(mostScans) scans")
        }
        let scan = try JPEGScan(markers.bytes, payload)
        isSelfContained = isSelfContained && tables.serve(scan, of: header.frame)
        coded |= header.frame.componentsCoded(by: scan)
        _ = markers.skipCodedData()
      case 0xD9:
        // libjpeg would make the component up, and say nothing.
        guard coded == 1 << header.frame.componentCount - 1 else {
          throw ImagingError.damaged(.jpeg, reason: "a component of its pixels is missing")
        }
        return
      default: break
      }
    }
  }

  /// True if spare bytes before the end marker can only follow the last pixel. If a restart marker is missing, libjpeg
  /// looks for it, skips bytes in the same words, and makes up the rest.
  var endsBehindLastPixel: Bool {
    guard hasRestarts else { return true }
    guard !header.hasSeveralScans else { return false }
    var markers = header.markers
    return markers.skipCodedData() == (header.frame.unitCount - 1) / header.restartInterval
  }
}
