import FeederCore
import FeederImaging

/// A PNG's chunks in front of its pixels (ISO/IEC 15948), with the limits that hold before anything is allocated or unpacked.
struct PNGHeader: ParsedHeader {
  /// Size as stored.
  let size: PixelSize
  let bitDepth: Int
  let order: StoredPixels.Order
  let isInterlaced: Bool
  private(set) var palette: StoredPalette?
  private(set) var orientation = Orientation.upright
  private(set) var significantBits: Int?
  private(set) var pageCount = 1
  private(set) var remarks: ImageRemarks = []
  /// The first chunk of pixels, and what follows.
  private(set) var data: PNGChunks.Chunk
  private(set) var chunks: PNGChunks

  /// Deflate gives at most 1,032 bytes for one.
  static let largestExpansion = 1_032

  /// Reads and checks the chunks of `bytes`, a file of `fileByteCount` bytes or its beginning. Throws `ImagingError`.
  init(of bytes: EncodedBytes, fileByteCount: Int, limits: ImageLimits = .standard) throws {
    chunks = try PNGChunks(bytes, fileByteCount: fileByteCount)
    data = try chunks.next()
    guard data.name == .header, data.payload.count == 13 else {
      throw ImagingError.damaged(.png, reason: "its first chunk is no header")
    }
    try chunks.check(data)
    let start = data.payload.lowerBound
    let width = bytes.number(at: start) << 16 | bytes.number(at: start + 2)
    let height = bytes.number(at: start + 4) << 16 | bytes.number(at: start + 6)
    guard width > 0, height > 0 else { throw ImagingError.damaged(.png, reason: "its size is \(width) x \(height)") }
    try limits.check(width: width, height: height)
    size = PixelSize(width: width, height: height)
    bitDepth = Int(bytes[start + 8])
    order = try Self.order(type: bytes[start + 9], bitDepth: bitDepth)
    guard bytes[start + 10] == 0, bytes[start + 11] == 0, bytes[start + 12] <= 1 else {
      throw ImagingError.damaged(.png, reason: "its header names a method that PNG does not have")
    }
    isInterlaced = bytes[start + 12] == 1
    guard packedByteCount <= fileByteCount * Self.largestExpansion else {
      throw ImagingError.truncated(.png, reason: "\(fileByteCount) bytes cannot hold \(size) pixels")
    }
    if order == .greyExtra || order == .rgbExtra { remarks.insert(.transparency) }
    let isIndexed = bytes[start + 9] == 3
    while true {
      data = try chunks.next()
      if data.name == .data { break }
      try read(data, isIndexed: isIndexed)
    }
    guard !isIndexed || palette != nil else { throw ImagingError.damaged(.png, reason: "it has no palette") }
  }

  private static func order(type: UInt8, bitDepth: Int) throws -> StoredPixels.Order {
    let (order, depths): (StoredPixels.Order, [Int])
    switch type {
    case 0: (order, depths) = (.grey, [1, 2, 4, 8, 16])
    case 2: (order, depths) = (.rgb, [8, 16])
    case 3: (order, depths) = (.grey, [1, 2, 4, 8])
    case 4: (order, depths) = (.greyExtra, [8, 16])
    case 6: (order, depths) = (.rgbExtra, [8, 16])
    default: throw ImagingError.damaged(.png, reason: "its header names colour type \(type), which PNG does not have")
    }
    guard depths.contains(bitDepth) else {
      throw ImagingError.damaged(
        .png, reason: "its header names \(bitDepth) bits for colour type \(type), which PNG does not have")
    }
    return order
  }

  /// Takes in a chunk in front of the pixels. Chunks that only describe the picture are not looked at, whatever is packed in them.
  private mutating func read(_ chunk: PNGChunks.Chunk, isIndexed: Bool) throws {
    let bytes = chunks.bytes[chunk.payload]
    switch chunk.name {
    case .palette:
      try chunks.check(chunk)
      guard isIndexed else { return }  // a mere suggestion for colour
      guard palette == nil, bytes.count % 3 == 0, (1...1 << bitDepth).contains(bytes.count / 3) else {
        throw ImagingError.damaged(.png, reason: "its palette has \(bytes.count) bytes")
      }
      var palette = StoredPalette()
      for index in 0..<bytes.count / 3 {
        palette.append(red: bytes[3 * index], green: bytes[3 * index + 1], blue: bytes[3 * index + 2])
      }
      self.palette = palette
    case .significantBits:
      try chunks.check(chunk)
      let count = isIndexed ? 3 : order.channels
      guard bytes.count >= count else { return }
      let most = (0..<count).reduce(0) { max($0, Int(bytes[$1])) }
      let limit = isIndexed ? 8 : bitDepth
      if (1...limit).contains(most) { significantBits = most }
    case .orientation:
      try chunks.check(chunk)
      orientation = EXIF.orientation(tiff: bytes) ?? .upright
    case .transparency: remarks.insert(.transparency)
    case .animation where bytes.count >= 4:
      pageCount = max(1, bytes.number(at: 0) << 16 | bytes.number(at: 2))
      if pageCount > 1 { remarks.insert(.severalPages) }
    case .header: throw ImagingError.damaged(.png, reason: "it has two headers")
    case .end: throw ImagingError.truncated(.png, reason: "it ends without pixels")
    case let name where name.isCritical:
      throw ImagingError.unsupported(.png, reason: "a chunk \(name), without which it cannot be shown")
    default: break
    }
  }

  /// The picture's parts as they lie in the file: seven, some of them empty, if it is interlaced.
  var passes: [PNGPass] { isInterlaced ? PNGPass.interlaced(size) : [PNGPass(size: size)] }

  /// Bytes of a row of so many pixels.
  func rowByteCount(width: Int) -> Int { (width * order.sampleCount * bitDepth + 7) / 8 }

  /// Bytes of all rows with their filters, unpacked.
  private var packedByteCount: Int {
    guard isInterlaced else { return (rowByteCount(width: size.width) + 1) * size.height }
    return passes.reduce(0) { $0 + (rowByteCount(width: $1.size.width) + 1) * $1.size.height }
  }

  /// What it says in the words of every format.
  var imageHeader: ImageHeader {
    ImageHeader(
      size: orientation.turned(size), channels: palette.map { $0.isGrey ? 1 : 3 } ?? order.channels,
      bitDepth: palette == nil ? bitDepth : 8, significantBits: significantBits, orientation: orientation,
      format: .png, pageCount: pageCount, remarks: remarks)
  }

  /// Its rows.
  var pixels: StoredPixels {
    var pixels = StoredPixels(.png, size: size, bits: bitDepth, order: order)
    pixels.isBigEndian = true
    pixels.palette = palette
    pixels.orientation = orientation
    return pixels
  }
}

/// A part of a picture: every so manieth pixel and row from a first one on.
struct PNGPass {
  var left = 0
  var top = 0
  var across = 1
  var down = 1
  /// Pixels of it; none if one of them is 0.
  let size: PixelSize

  init(size: PixelSize) { self.size = size }

  private init(left: Int, top: Int, across: Int, down: Int, of size: PixelSize) {
    (self.left, self.top, self.across, self.down) = (left, top, across, down)
    let width = max(0, size.width - left + across - 1) / across
    let height = max(0, size.height - top + down - 1) / down
    self.size = width == 0 || height == 0 ? PixelSize(width: 0, height: 0) : PixelSize(width: width, height: height)
  }

  /// The seven of Adam7.
  static func interlaced(_ size: PixelSize) -> [PNGPass] {
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)].map {
      PNGPass(left: $0.0, top: $0.1, across: $0.2, down: $0.3, of: size)
    }
  }
}
