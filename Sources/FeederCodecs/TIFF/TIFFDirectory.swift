import FeederCore
import FeederImaging

/// What the first directory of a TIFF says of its picture, as it stands there (TIFF 6.0); what is missing has the standard's value.
struct TIFFDirectory {
  let tiff: TIFFBytes
  var width: Int?
  var height: Int?
  /// Bits of a sample; nil if its samples differ.
  var bits: Int? = 1
  var compression = 1
  /// What the samples are: 0 grey with white as 0, 1 grey, 2 RGB, 3 a palette's.
  var photometric: Int?
  var isBitReversed = false
  var orientation = Orientation.upright
  var sampleCount = 1
  /// 2: one plane after the other.
  var planes = 1
  var predictor = 1
  /// 1 whole numbers, 2 signed, 3 float, 4 unknown; nil if the samples differ.
  var sampleFormat: Int? = 1
  var colourMap: TIFFValues?
  var rowsPerStrip: Int?
  var stripOffsets: TIFFValues?
  var stripByteCounts: TIFFValues?
  var tileWidth: Int?
  var tileHeight: Int?
  var tileOffsets: TIFFValues?
  var tileByteCounts: TIFFValues?
  /// Directories in the file: each is a picture.
  private(set) var pageCount = 1
  /// True if the chain of directories leads out of the file or in a circle. The first picture is sound all the same.
  private(set) var isChainBroken = false

  /// Reads the first directory of `bytes`: a file of `fileByteCount` bytes, or its beginning. Allocates nothing. Throws `ImagingError`.
  init(of bytes: EncodedBytes, fileByteCount: Int) throws {
    let (tiff, place) = try TIFFBytes.opened(bytes, fileByteCount: fileByteCount)
    self.tiff = tiff
    guard place > 0 else { throw ImagingError.damaged(.tiff, reason: "it has no directory") }
    let (count, first, end) = try tiff.entries(at: place)
    for entry in 0..<count { try read(first + entry * tiff.entryByteCount) }
    try countPages(after: place, end: end)
  }

  private mutating func read(_ entry: Int) throws {
    let tag = try tiff.number(at: entry, byteCount: 2)
    func values() throws -> TIFFValues { try TIFFValues(tiff, entry: entry) }
    switch tag {
    case 256: width = try values().first
    case 257: height = try values().first
    case 258: bits = try values().common
    case 259: compression = try values().first
    case 262: photometric = try values().first
    case 266: isBitReversed = try values().first == 2
    case 273: stripOffsets = try values()
    case 274: orientation = Orientation(rawValue: try values().first) ?? .upright
    case 277: sampleCount = try values().first
    case 278: rowsPerStrip = try values().first
    case 279: stripByteCounts = try values()
    case 284: planes = try values().first
    case 317: predictor = try values().first
    case 320: colourMap = try values()
    case 322: tileWidth = try values().first
    case 323: tileHeight = try values().first
    case 324: tileOffsets = try values()
    case 325: tileByteCounts = try values()
    case 339: sampleFormat = try values().common
    default: return  // nothing that the pixels depend on
    }
  }

  /// Most directories that are counted.
  private static let mostPages = 10_000

  /// Counts the directories behind the one that ends at `end`.
  private mutating func countPages(after first: Int, end: Int) throws {
    var end = end
    var mark = first  // moved on after 1, 2, 4, 8 ... directories: a circle comes back to it
    while pageCount < Self.mostPages {
      guard end <= tiff.fileByteCount - tiff.wordByteCount else { break }
      let next = try tiff.number(at: end, byteCount: tiff.wordByteCount)
      guard next != 0 else { return }
      guard next != mark, next < tiff.fileByteCount - tiff.entryCountByteCount else { break }
      if pageCount & (pageCount - 1) == 0 { mark = next }
      end = try tiff.entries(at: next).end
      pageCount += 1
    }
    isChainBroken = pageCount < Self.mostPages
  }
}
