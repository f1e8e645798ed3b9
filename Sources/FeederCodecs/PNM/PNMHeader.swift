import FeederCore
import FeederImaging

/// The header of a PGM, PPM or PBM (Netpbm's pgm(5), ppm(5), pbm(5)), checked against the file's size. Lives no longer than the bytes it lies in.
struct PNMHeader: ParsedHeader {
  /// How the samples are written.
  enum Coding {
    /// Decimal numbers.
    case text
    /// A bit a sample, 1 is black; a byte; or two, the upper one first.
    case bits, bytes, words
  }

  let size: PixelSize
  let channels: Int
  let coding: Coding
  /// The level of white, 1...65,535.
  let white: Int
  /// Where the samples begin.
  let start: Int
  /// Where they end.
  private let end: Int
  private(set) var pageCount = 1
  private(set) var remarks: ImageRemarks = []

  /// True if a file begins as one of Netpbm's formats, read or not.
  static func begins(_ bytes: EncodedBytes) -> Bool {
    guard bytes.count >= 3, bytes[0] == UInt8(ascii: "P") else { return false }
    return "1234567Ff".utf8.contains(bytes[1]) && (PNMText.isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#"))
  }

  /// Reads and checks the header of the picture that `bytes` begin with, of a file that has `fileByteCount` bytes from there on. Throws
  /// `ImagingError`.
  private init(partOf bytes: EncodedBytes, fileByteCount: Int, limits: ImageLimits) throws {
    let kind = bytes[1]
    let isText: Bool
    switch kind {
    case UInt8(ascii: "2"): (channels, isText) = (1, true)
    case UInt8(ascii: "3"): (channels, isText) = (3, true)
    case UInt8(ascii: "4"), UInt8(ascii: "5"): (channels, isText) = (1, false)
    case UInt8(ascii: "6"): (channels, isText) = (3, false)
    case UInt8(ascii: "1"): throw ImagingError.unsupported(.pnm, reason: "bits written as text")
    case UInt8(ascii: "7"): throw ImagingError.unsupported(.pnm, reason: "PAM")
    default: throw ImagingError.unsupported(.pnm, reason: "PFM, numbers with fractions")
    }
    var text = PNMText(bytes, offset: 2)
    let width = try text.number("width")
    let height = try text.number("height")
    let isBitmap = kind == UInt8(ascii: "4")
    white = isBitmap ? 1 : try text.number("largest value")
    guard width > 0, height > 0 else { throw ImagingError.damaged(.pnm, reason: "its size is \(width) x \(height)") }
    guard (1...65_535).contains(white) else {
      throw ImagingError.damaged(.pnm, reason: "its largest value is \(white), which is not between 1 and 65535")
    }
    try limits.check(width: width, height: height)
    size = PixelSize(width: width, height: height)
    coding = isText ? .text : isBitmap ? .bits : white > 255 ? .words : .bytes
    let sampleCount = width * height * channels
    let needed =
      switch coding {
      case .text: 2 * sampleCount - 1  // a digit each, and a space between
      case .bits: (width + 7) / 8 * height
      case .bytes: sampleCount
      case .words: 2 * sampleCount
      }
    let start = try text.end(hasSpare: { fileByteCount - $0 == needed + 1 })
    self.start = start
    guard fileByteCount - start >= needed else {
      throw ImagingError.truncated(
        .pnm, reason: "\(max(0, fileByteCount - start)) bytes of pixels instead of \(needed)")
    }
    end = coding == .text ? fileByteCount : start + needed
  }

  /// Reads and checks the header of a file, and counts the pictures that follow the first one if the whole file is there.
  init(of bytes: EncodedBytes, fileByteCount: Int, limits: ImageLimits = .standard) throws {
    try self.init(partOf: bytes, fileByteCount: fileByteCount, limits: limits)
    guard fileByteCount == bytes.count else { return }
    var end = end
    while end < bytes.count, Self.begins(bytes[end..<bytes.count]),
      let next = try? PNMHeader(partOf: bytes[end..<bytes.count], fileByteCount: bytes.count - end, limits: limits)
    {
      pageCount += 1
      end += next.end
    }
    if pageCount > 1 { remarks.insert(.severalPages) }
    if end < bytes.count { remarks.insert(.bytesBehindEnd) }
  }

  /// What it says in the words of every format.
  var imageHeader: ImageHeader {
    let bits = Int.bitWidth - white.leadingZeroBitCount
    return ImageHeader(
      size: size, channels: channels, bitDepth: coding == .bits ? 1 : white > 255 ? 16 : 8, significantBits: bits,
      whiteLevel: white, orientation: .upright, format: .pnm, pageCount: pageCount, remarks: remarks)
  }

  /// Its rows. Rows of `.text` are bytes or native words by then.
  var pixels: StoredPixels {
    var pixels = StoredPixels(
      .pnm, size: size, bits: coding == .bits ? 1 : white > 255 ? 16 : 8, order: channels == 1 ? .grey : .rgb)
    pixels.isBigEndian = coding == .words || 1.bigEndian == 1
    pixels.white = white
    pixels.isInverted = coding == .bits
    return pixels
  }
}
