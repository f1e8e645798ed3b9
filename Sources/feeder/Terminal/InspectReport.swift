import FeederCodecs
import FeederImaging

/// What `feeder inspect` prints, as text and as JSON.
struct InspectReport: Encodable {
  /// The levels that occur.
  struct Levels: Encodable {
    let least: Int
    let largest: Int
    let used: Int
    let idleLowBits: Int
  }

  /// One file: what it holds, or why it is refused.
  struct Picture: Encodable {
    let file: String
    private(set) var refused: String?
    private(set) var format: String?
    private(set) var width: Int?
    private(set) var height: Int?
    private(set) var channels: Int?
    /// Bits of a sample as Feeder gives it, 8 or 16; as it is stored; and as many as the file says are used.
    private(set) var bits: Int?
    private(set) var storedBits: Int?
    private(set) var significantBits: Int?
    private(set) var whiteLevel: Int?
    private(set) var levels: Levels?
    private(set) var orientation: Int?
    private(set) var pages: Int?
    /// Black and white; nothing for up to 8 bits, which are not mapped.
    private(set) var window: [Int]?
    private(set) var remarks: [String]?
    private(set) var raw: String?

    /// A file that is refused.
    init(refused: String, file: String) {
      self.file = file
      self.refused = refused
    }

    /// A file that is read.
    init(_ file: String, _ inspection: ImageInspection, window: LevelWindow?, raw: String?) {
      let header = inspection.header
      self.file = file
      self.raw = raw
      format = header.format.name
      (width, height, channels) = (header.size.width, header.size.height, header.channels)
      (bits, storedBits) = (header.hasLevels ? 16 : 8, header.bitDepth)
      (significantBits, whiteLevel) = (header.significantBits, header.whiteLevel)
      (orientation, pages) = (header.orientation.rawValue, header.pageCount)
      levels = inspection.histogram.range.map {
        Levels(
          least: $0.lowerBound, largest: $0.upperBound, used: inspection.histogram.usedCount,
          idleLowBits: inspection.histogram.idleLowBits)
      }
      if header.hasLevels {
        let range = (window ?? .full).resolved(white: header.whiteLevel)
        self.window = [range.lowerBound, range.upperBound]
      }
      remarks = inspection.remarks.lines
      if window != nil, !header.hasLevels { remarks?.append("--window has no effect: it has \(header.bitDepth) bits") }
    }

    /// The same for people; not for a file that is refused.
    var lines: [String] {
      guard let format, let width, let height, let channels, let storedBits, let significantBits else { return [] }
      var words = [format, "\(width) x \(height)", channels == 1 ? "grey" : "colour"]
      words.append(
        storedBits == 1
          ? "1 bit" : "\(storedBits) bits" + (significantBits < storedBits ? " (\(significantBits) used)" : ""))
      if let levels {
        let idle = levels.idleLowBits > 0 && bits == 16 ? ", the lowest \(levels.idleLowBits) bits always 0" : ""
        words.append("levels \(levels.least) to \(levels.largest) (\(levels.used) of them\(idle))")
      }
      if let window { words.append("window \(window[0]),\(window[1])") }
      if let orientation, orientation != 1 { words.append("turned by EXIF orientation \(orientation)") }
      if let pages, pages > 1 { words.append("\(pages) pages") }
      return ["\(file): " + words.joined(separator: ", ")] + (remarks ?? []).map { "\(file): \($0)" }
    }
  }

  let files: [Picture]
}
