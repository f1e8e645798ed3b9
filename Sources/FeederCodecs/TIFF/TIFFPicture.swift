import FeederCore
import FeederImaging

/// The first picture of a TIFF: its directory, checked against every limit and against the file's size.
struct TIFFPicture: ParsedHeader {
  /// How the bytes of a strip or tile are packed.
  enum Packing {
    case none, lzw, deflate, packBits

    /// Most bytes that one packed byte can stand for: by a LZW table's longest string in 12 bits, deflate's 258 bytes in two bits,
    /// PackBits' 128 in two bytes. LZW's is rounded up.
    var mostBytesPerByte: Int {
      switch self {
      case .none: 1
      case .lzw: 2560
      case .deflate: 1032
      case .packBits: 64
      }
    }
  }

  let directory: TIFFDirectory
  let packing: Packing
  let pixels: StoredPixels
  /// Planes that are read, and the samples that each holds side by side: 1 plane of all samples, or 1 or 3 of one.
  let planeCount: Int
  let samplesPerPlanePixel: Int
  /// True if each sample is a difference to its left neighbour.
  let hasDifferences: Bool
  let parts: TIFFParts

  /// Reads and checks the header of `bytes`, a file of `fileByteCount` bytes or its beginning. Allocates nothing. Throws `ImagingError`.
  init(of bytes: EncodedBytes, fileByteCount: Int, limits: ImageLimits = .standard) throws {
    let directory = try TIFFDirectory(of: bytes, fileByteCount: fileByteCount)
    self.directory = directory
    guard let width = directory.width, let height = directory.height, width > 0, height > 0 else {
      throw ImagingError.damaged(.tiff, reason: "its directory gives no width and height")
    }
    try limits.check(width: width, height: height)
    let bits = try Self.bits(directory)
    let order = try Self.order(directory, bits)
    packing = try Self.packing(directory)
    hasDifferences = try Self.hasDifferences(directory, packing, bits)

    var pixels = StoredPixels(.tiff, size: PixelSize(width: width, height: height), bits: bits, order: order)
    pixels.orientation = directory.orientation
    pixels.isInverted = directory.photometric == 0
    // Differences are summed up in the machine's order.
    pixels.isBigEndian = bits == 16 && (hasDifferences ? 1.bigEndian == 1 : directory.tiff.isBigEndian)
    if directory.photometric == 3 { pixels.palette = try Self.palette(directory, bits) }
    self.pixels = pixels

    let isParted = directory.planes == 2 && directory.sampleCount > 1
    planeCount = isParted ? order.channels : 1
    samplesPerPlanePixel = isParted ? 1 : directory.sampleCount
    parts = try TIFFParts(
      directory, size: pixels.size, bitsPerPixel: bits * samplesPerPlanePixel, packing: packing,
      storedPlaneCount: isParted ? directory.sampleCount : 1, readPlaneCount: planeCount)
  }

  /// What it says in the words of every format.
  var imageHeader: ImageHeader {
    var remarks: ImageRemarks = []
    if directory.pageCount > 1 { remarks.insert(.severalPages) }
    if directory.isChainBroken { remarks.insert(.brokenPages) }
    if directory.sampleCount > pixels.channels, directory.photometric != 3 { remarks.insert(.transparency) }
    return ImageHeader(
      size: pixels.orientation.turned(pixels.size), channels: pixels.channels,
      bitDepth: pixels.palette == nil ? pixels.bits : 8, orientation: pixels.orientation, format: .tiff,
      pageCount: directory.pageCount, remarks: remarks)
  }

  private static func unsupported(_ reason: String) -> ImagingError { .unsupported(.tiff, reason: reason) }

  private static func bits(_ directory: TIFFDirectory) throws -> Int {
    guard let bits = directory.bits, let format = directory.sampleFormat else {
      throw unsupported("its channels have different kinds of samples")
    }
    switch format {
    case 1, 4: break
    case 2: throw unsupported("signed samples")
    case 3: throw unsupported("samples are floating-point numbers")
    case 5, 6: throw unsupported("samples are complex numbers")
    default: throw ImagingError.damaged(.tiff, reason: "sample format \(format)")
    }
    guard [1, 2, 4, 8, 16].contains(bits) else { throw unsupported("\(bits) bits per sample") }
    return bits
  }

  /// What the samples are, and their order. Throws `ImagingError`.
  private static func order(_ directory: TIFFDirectory, _ bits: Int) throws -> StoredPixels.Order {
    let count = directory.sampleCount
    guard directory.planes == 1 || directory.planes == 2 else {
      throw ImagingError.damaged(.tiff, reason: "plane order \(directory.planes)")
    }
    guard count > 0, count <= 64 else { throw ImagingError.damaged(.tiff, reason: "\(count) samples per pixel") }
    guard !directory.isBitReversed else { throw unsupported("a byte's lowest bit comes first") }
    let isParted = directory.planes == 2 && count > 1
    switch directory.photometric {
    case 0, 1, 3:
      guard directory.photometric != 3 || (count == 1 && bits <= 8) else {
        throw unsupported("a palette for \(count) samples of \(bits) bits")
      }
      guard count == 1 || bits >= 8 else { throw unsupported("\(count) samples of \(bits) bits per pixel") }
      guard count <= 2 || isParted else { throw unsupported("grey with \(count - 1) more samples per pixel") }
      return count == 1 || isParted ? .grey : .greyExtra
    case 2:
      guard count >= 3 else { throw ImagingError.damaged(.tiff, reason: "colour with \(count) samples per pixel") }
      guard bits >= 8 else { throw unsupported("colour with \(bits) bits per sample") }
      guard count <= 4 || isParted else { throw unsupported("colour with \(count - 3) more samples per pixel") }
      return count == 3 || isParted ? .rgb : .rgbExtra
    case 4: throw unsupported("a mask")
    case 5: throw unsupported("CMYK colours")
    case 6: throw unsupported("YCbCr colours")
    case 8, 9, 10: throw unsupported("CIE L*a*b* colours")
    case 32_844, 32_845: throw unsupported("LogLuv colours")
    case 32_803: throw unsupported("a camera's raw mosaic")
    case let other?: throw unsupported("colours of kind \(other)")
    case nil: throw ImagingError.damaged(.tiff, reason: "its directory does not say what its samples mean (tag 262)")
    }
  }

  private static func packing(_ directory: TIFFDirectory) throws -> Packing {
    switch directory.compression {
    case 1: return .none
    case 5: return .lzw
    case 8, 32_946: return .deflate
    case 32_773: return .packBits
    case let other: throw unsupported("compression \(compressionNames[other] ?? "\(other)")")
    }
  }

  /// Compressions that are not read.
  private static let compressionNames = [
    2: "CCITT", 3: "CCITT fax 3", 4: "CCITT fax 4", 6: "JPEG of 1992", 7: "JPEG", 34_661: "JBIG", 34_676: "LogLuv",
    34_677: "LogLuv", 34_712: "JPEG 2000", 34_887: "LERC", 34_892: "JPEG", 34_925: "LZMA", 50_000: "ZSTD",
    50_001: "WebP",
    50_002: "JPEG XL",
  ]

  private static func hasDifferences(_ directory: TIFFDirectory, _ packing: Packing, _ bits: Int) throws -> Bool {
    switch (directory.predictor, packing) {
    case (1, _): return false
    case (2, .lzw), (2, .deflate):
      guard bits >= 8 else { throw unsupported("differences of \(bits) bits") }
      return true
    case (3, _): throw unsupported("differences of floating-point numbers")
    default: throw unsupported("predictor \(directory.predictor) with compression \(directory.compression)")
    }
  }

  /// The colours: three rows of 16-bit numbers, of which the upper byte counts. A map without a number above 255 was written with
  /// bytes, as libtiff takes it too.
  private static func palette(_ directory: TIFFDirectory, _ bits: Int) throws -> StoredPalette {
    let count = 1 << bits
    guard let map = directory.colourMap, map.count == 3 * count else {
      throw ImagingError.damaged(.tiff, reason: "its palette has not three times \(count) numbers")
    }
    var shift = 0
    for index in 0..<3 * count where try map.value(index) > 255 { shift = 8 }
    var palette = StoredPalette()
    for index in 0..<count {
      func colour(_ row: Int) throws -> UInt8 { UInt8(truncatingIfNeeded: try map.value(row * count + index) >> shift) }
      palette.append(red: try colour(0), green: try colour(1), blue: try colour(2))
    }
    return palette
  }
}
