import FeederCore
import FeederImaging

/// The header of a BMP, checked against every limit and against the file's size. Microsoft's of 12, 40, 52, 56, 108 or 124 bytes, or OS/2's
/// of up to 64; numbers have their lowest byte first.
struct BMPHeader: ParsedHeader {
  let pixels: StoredPixels
  /// Nil if a pixel's bytes are its samples or its palette's number.
  let fields: BMPFields?
  /// Bits of a pixel.
  let pixelBits: Int
  /// Where the file's first row lies.
  let offset: Int
  /// Bytes from a row to the next one in the file.
  let rowStride: Int
  /// True if rows are packed as run lengths.
  let isPacked: Bool
  /// True if the file's first row is the picture's top; most files begin with the lowest.
  let isTopDown: Bool
  let remarks: ImageRemarks

  /// Reads and checks the header of `bytes`, a file of `fileByteCount` bytes or its beginning. Allocates nothing. Throws `ImagingError`.
  init(of bytes: EncodedBytes, fileByteCount: Int, limits: ImageLimits = .standard) throws {
    let reader = BMPBytes(bytes: bytes, fileByteCount: fileByteCount)
    let headerByteCount = try reader.number(at: 14, byteCount: 4)
    let isCore = headerByteCount == 12
    guard isCore || (16...64).contains(headerByteCount) || [108, 124].contains(headerByteCount) else {
      throw ImagingError.damaged(
        .bmp, reason: "its header is \(headerByteCount) bytes long, a length that no header has")
    }
    /// A field of the header; 0 in a header that ends before it.
    func field(_ place: Int, _ byteCount: Int) throws -> Int {
      place + byteCount <= headerByteCount ? try reader.number(at: 14 + place, byteCount: byteCount) : 0
    }
    let width = isCore ? try field(4, 2) : try reader.signedNumber(at: 18)
    let signedHeight = isCore ? try field(6, 2) : try reader.signedNumber(at: 22)
    isTopDown = signedHeight < 0
    let height = abs(signedHeight)
    guard width > 0, height > 0 else {
      throw ImagingError.damaged(.bmp, reason: "its header gives \(width) x \(signedHeight) pixels")
    }
    try limits.check(width: width, height: height)
    pixelBits = try field(isCore ? 10 : 14, 2)
    let compression = isCore ? 0 : try field(16, 4)
    isPacked = compression == 1 || compression == 2
    let size = PixelSize(width: width, height: height)

    offset = try reader.number(at: 10, byteCount: 4)
    fields = try BMPFields.of(reader, headerByteCount: headerByteCount, compression: compression, pixelBits: pixelBits)
    // Bit fields of a header that has no place for them stand behind it.
    let fieldByteCount = headerByteCount >= 52 || fields?.isStored != true ? 0 : compression == 6 ? 16 : 12
    let paletteStart = 14 + headerByteCount + fieldByteCount
    guard offset >= paletteStart else {
      throw ImagingError.damaged(.bmp, reason: "its pixels begin at byte \(offset), within the header")
    }
    switch pixelBits {
    case 1, 2, 4, 8:
      var pixels = StoredPixels(.bmp, size: size, bits: isPacked ? 8 : pixelBits, order: .grey)
      pixels.palette = try reader.palette(
        at: paletteStart, end: offset, colourByteCount: isCore ? 3 : 4, most: 1 << pixelBits,
        told: isCore ? 0 : try field(32, 4))
      self.pixels = pixels
    default:
      pixels = StoredPixels(.bmp, size: size, bits: 8, order: fields?.order ?? (pixelBits == 24 ? .bgr : .bgrExtra))
    }
    rowStride = (width * pixelBits + 31) / 32 * 4
    let needed =
      isPacked
      ? (width * height + BMPRuns.largestExpansion - 1) / BMPRuns.largestExpansion
      : rowStride * (height - 1) + (width * pixelBits + 7) / 8
    guard offset <= fileByteCount, needed <= fileByteCount - offset else {
      throw ImagingError.truncated(
        .bmp,
        reason: "\(size) pixels take \(isPacked ? "at least " : "")\(needed) bytes from byte \(offset) on, "
          + "and the file has \(fileByteCount)")
    }
    remarks = fields?.hasAlpha == true ? .transparency : []
  }

  /// What it says in the words of every format.
  var imageHeader: ImageHeader {
    ImageHeader(
      size: pixels.size, channels: pixels.channels, bitDepth: 8, orientation: .upright, format: .bmp, remarks: remarks)
  }
}

/// A BMP's bytes, which are not trusted: a file, or its beginning.
struct BMPBytes {
  let bytes: EncodedBytes
  let fileByteCount: Int

  /// The number of 1 to 4 bytes at `place`. Throws `ImagingError.truncated` beyond the end.
  func number(at place: Int, byteCount: Int) throws -> Int {
    guard place <= bytes.count - byteCount else {
      throw ImagingError.truncated(
        .bmp, reason: "its header needs byte \(place + byteCount - 1), and the file has \(fileByteCount)")
    }
    return (0..<byteCount).reduce(0) { $0 << 8 | Int(bytes[place + byteCount - 1 - $1]) }
  }

  /// The number of 4 bytes at `place`, whose top bit is a sign.
  func signedNumber(at place: Int) throws -> Int {
    Int(Int32(truncatingIfNeeded: try number(at: place, byteCount: 4)))
  }

  /// The colours that lie between `place` and `end`: as many as the header says (`told`), `most` if it says nothing; a file that says
  /// nothing may end its palette early.
  func palette(at place: Int, end: Int, colourByteCount: Int, most: Int, told: Int) throws -> StoredPalette {
    let room = (end - place) / colourByteCount
    let count = told == 0 ? min(most, room) : min(most, told)
    guard count > 0, count <= room else {
      throw ImagingError.damaged(
        .bmp, reason: "its palette of \(told == 0 ? most : told) colours reaches into its pixels")
    }
    _ = try number(at: place + count * colourByteCount - 1, byteCount: 1)
    var palette = StoredPalette()
    for index in 0..<count {
      let start = place + index * colourByteCount
      palette.append(red: bytes[start + 2], green: bytes[start + 1], blue: bytes[start])
    }
    return palette
  }
}
