import FeederCore
import FeederImaging

/// The chunks of a WebP (RFC 9649) up to its picture, checked against every limit before libwebp sees the file.
struct WebPHeader {
  /// Size as stored.
  let size: PixelSize
  let orientation: Orientation
  let remarks: ImageRemarks

  /// Bytes that decoding may take beside the output: libwebp's own of 4 bytes a pixel if the file is lossless, one if it has alpha, and 3 for
  /// pixels that are yet to be turned, reduced or made grey.
  static let mostWorkBytes = 64 << 20

  /// Reads and checks the header of `bytes`, a file of `fileByteCount` bytes or its beginning. Allocates nothing. Throws `ImagingError`.
  init(of bytes: EncodedBytes, fileByteCount: Int) throws {
    var chunks = try WebPChunks(bytes, fileByteCount: fileByteCount)
    var first = try chunks.next()
    var canvas: PixelSize?
    var mayTurn = false
    var hasAlpha = false
    if first.name.holds("VP8X".utf8) {
      guard first.payload.count >= 10 else { throw ImagingError.damaged(.webp, reason: "its first chunk is too short") }
      let start = first.payload.lowerBound
      let flags = try chunks.number(at: start, byteCount: 1)
      guard flags & 0x02 == 0 else {
        throw ImagingError.unsupported(.webp, reason: "an animation")
      }
      mayTurn = flags & 0x08 != 0
      hasAlpha = flags & 0x10 != 0
      canvas = PixelSize(
        width: try chunks.number(at: start + 4, byteCount: 3) + 1,
        height: try chunks.number(at: start + 7, byteCount: 3) + 1)
      repeat {
        first = try chunks.next()
        hasAlpha = hasAlpha || first.name.holds("ALPH".utf8)
      } while !first.name.holds("VP8".utf8)
    }
    let isLossless = first.name.holds("VP8L".utf8)
    guard isLossless || first.name.holds("VP8 ".utf8) else {
      throw ImagingError.damaged(.webp, reason: "it has no picture")
    }
    let start = first.payload.lowerBound
    if isLossless {
      guard first.payload.count >= 5, try chunks.number(at: start, byteCount: 1) == 0x2F else {
        throw ImagingError.damaged(.webp, reason: "its picture does not begin as a lossless one")
      }
      let bits = try chunks.number(at: start + 1, byteCount: 4)
      size = PixelSize(width: bits & 0x3FFF + 1, height: bits >> 14 & 0x3FFF + 1)
      hasAlpha = bits >> 28 & 1 == 1
    } else {
      guard first.payload.count >= 10, try chunks.number(at: start, byteCount: 1) & 1 == 0,
        try chunks.number(at: start + 3, byteCount: 3) == 0x2A019D
      else { throw ImagingError.damaged(.webp, reason: "its picture does not begin as a lossy one") }
      size = PixelSize(
        width: try chunks.number(at: start + 6, byteCount: 2) & 0x3FFF,
        height: try chunks.number(at: start + 8, byteCount: 2) & 0x3FFF)
    }
    guard size.width > 0, size.height > 0, canvas == nil || canvas == size else {
      throw ImagingError.damaged(.webp, reason: "its header and its picture give different sizes")
    }
    let work = size.width * size.height * (isLossless ? 7 : hasAlpha ? 4 : 3)
    guard work <= Self.mostWorkBytes else {
      throw ImagingError.costly(
        .webp, reason: "\(size) pixels need \(ByteCount(work)), and \(ByteCount(Self.mostWorkBytes)) are the limit")
    }
    var remarks: ImageRemarks = hasAlpha ? .transparency : []
    if chunks.end < fileByteCount { remarks.insert(.bytesBehindEnd) }
    self.remarks = remarks
    orientation = mayTurn ? try chunks.orientation() : .upright
  }

  /// What it says in the words of every format.
  var imageHeader: ImageHeader {
    ImageHeader(
      size: orientation.turned(size), channels: 3, bitDepth: 8, orientation: orientation, format: .webp,
      remarks: remarks)
  }
}

/// The chunks of a WebP, one after the other; each is checked to lie in the file.
struct WebPChunks {
  private let bytes: EncodedBytes
  private let fileByteCount: Int
  /// The offset of the next chunk, and the end of the last one.
  private var place = 12
  private(set) var end: Int

  init(_ bytes: EncodedBytes, fileByteCount: Int) throws {
    self.bytes = bytes
    self.fileByteCount = fileByteCount
    end = 0
    let told = try number(at: 4, byteCount: 4) + 8
    guard told <= fileByteCount else {
      throw ImagingError.truncated(.webp, reason: "it says that it has \(told) bytes, and it has \(fileByteCount)")
    }
    end = told
  }

  /// The number of 1 to 4 bytes at `place`, lowest byte first. Throws `ImagingError.truncated` beyond the end.
  func number(at place: Int, byteCount: Int) throws -> Int {
    guard place <= bytes.count - byteCount else {
      throw ImagingError.truncated(
        .webp, reason: "its header needs byte \(place + byteCount - 1), and the file has \(fileByteCount)")
    }
    return (0..<byteCount).reduce(0) { $0 << 8 | Int(bytes[place + byteCount - 1 - $1]) }
  }

  /// The name of the next chunk and the range of its bytes in the file. Throws `ImagingError.truncated` after the last one.
  mutating func next() throws -> (name: EncodedBytes, payload: Range<Int>) {
    let count = try number(at: place + 4, byteCount: 4)
    let start = place + 8
    guard count <= end - start else {
      throw ImagingError.truncated(.webp, reason: "a chunk of \(count) bytes leads out of the file")
    }
    defer { place = start + count + count % 2 }
    return (bytes[place..<place + 4], start..<start + count)
  }

  /// The orientation in the EXIF chunk behind the picture; upright if there is none. Throws `ImagingError.truncated` if
  /// the file goes on behind what is there of it.
  mutating func orientation() throws -> Orientation {
    while place + 8 <= end {
      let chunk = try next()
      guard chunk.name.holds("EXIF".utf8) else { continue }
      guard chunk.payload.upperBound <= bytes.count else {
        throw ImagingError.truncated(.webp, reason: "its EXIF data lie behind byte \(bytes.count)")
      }
      let exif = bytes[chunk.payload]
      return EXIF.orientation(exif) ?? EXIF.orientation(tiff: exif) ?? .upright
    }
    return .upright
  }
}
