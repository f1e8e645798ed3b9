import CISAL
import FeederImaging

/// Walks the chunks of a PNG, checking every length against the data's end.
struct PNGChunks {
  /// The first bytes of every PNG.
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// A chunk; its payload lies in the file.
  struct Chunk {
    let name: Name
    let payload: Range<Int>
  }

  /// The four letters of a chunk's name as a number.
  struct Name: Equatable, CustomStringConvertible {
    let code: UInt32

    init(_ text: StaticString) { code = text.withUTF8Buffer { $0.reduce(0) { $0 << 8 | UInt32($1) } } }

    init(code: UInt32) { self.code = code }

    /// True for chunks without which the picture cannot be shown.
    var isCritical: Bool { code & 0x2000_0000 == 0 }

    var description: String {
      String(
        (0..<4).map { part in
          let byte = UInt8(truncatingIfNeeded: code >> UInt32(24 - 8 * part))
          return (0x20..<0x7F).contains(byte) ? Character(UnicodeScalar(byte)) : "?"
        })
    }

    static let header = Name("IHDR")
    static let palette = Name("PLTE")
    static let data = Name("IDAT")
    static let end = Name("IEND")
    static let significantBits = Name("sBIT")
    static let orientation = Name("eXIf")
    static let transparency = Name("tRNS")
    static let animation = Name("acTL")
  }

  /// The file, or its beginning.
  let bytes: EncodedBytes
  /// Bytes of the whole file.
  private let fileByteCount: Int
  /// The offset of the next chunk.
  private(set) var offset: Int

  /// Stands behind the signature, which is there. Throws `ImagingError` if it is not.
  init(_ bytes: EncodedBytes, fileByteCount: Int) throws {
    self.bytes = bytes
    self.fileByteCount = fileByteCount
    offset = Self.signature.count
    guard bytes.count >= Self.signature.count else { throw ended }
    guard bytes.holds(Self.signature) else {
      throw ImagingError.damaged(.png, reason: "its first 8 bytes are changed, as by a transfer as text")
    }
  }

  /// True if nothing follows.
  var isAtEnd: Bool { offset == bytes.count }

  /// The next chunk. Its payload lies in `bytes`; if these are only a file's beginning, a chunk of pixels may reach beyond. Throws `ImagingError`.
  mutating func next() throws -> Chunk {
    guard offset + 8 <= bytes.count else { throw ended }
    let length = bytes.number(at: offset) << 16 | bytes.number(at: offset + 2)
    let name = Name(code: UInt32(bytes.number(at: offset + 4) << 16 | bytes.number(at: offset + 6)))
    guard length <= Int32.max else {
      throw ImagingError.damaged(.png, reason: "the chunk \(name) at byte \(offset) has an impossible length")
    }
    let payload = offset + 8..<offset + 8 + length
    guard payload.upperBound + 4 <= (name == .data ? fileByteCount : bytes.count) else { throw ended }
    offset = payload.upperBound + 4
    return Chunk(name: name, payload: payload)
  }

  /// Throws `ImagingError.damaged` if the chunk's CRC is wrong.
  func check(_ chunk: Chunk) throws {
    let end = chunk.payload.upperBound
    let stored = UInt32(bytes.number(at: end) << 16 | bytes.number(at: end + 2))
    guard bytes.crc(chunk.payload.lowerBound - 4..<end) == stored else {
      throw ImagingError.damaged(
        .png, reason: "the checksum of its chunk \(chunk.name) at byte \(chunk.payload.lowerBound - 8) is wrong")
    }
  }

  private var ended: ImagingError { .truncated(.png, reason: "it ends where a chunk belongs") }
}

extension EncodedBytes {
  /// CRC-32 as PNG and gzip have it.
  func crc(_ range: Range<Int>) -> UInt32 {
    crc32_gzip_refl(0, memory(range).assumingMemoryBound(to: UInt8.self).baseAddress, UInt64(range.count))
  }
}
