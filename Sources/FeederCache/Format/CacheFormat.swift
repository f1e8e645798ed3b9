import FeederCore
import FeederFiles

/// How images lie in a cache file.
package enum CacheForm: String, Sendable, CaseIterable {
  /// The source files' bytes.
  case encoded = "jpeg"
  /// Decoded pixels, channel after channel.
  case pixels

  /// The number in the file.
  var code: UInt32 { self == .encoded ? 1 : 2 }

  /// The form of a number; nil for any other number.
  init?(code: UInt32) {
    guard let form = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = form
  }
}

/// What decides the bytes of a cache file beside the sources.
package struct CacheRecipe: Sendable, Hashable {
  /// How images lie in the file.
  package let form: CacheForm
  /// Channels of the pixels, 1 or 3; 0 for encoded bytes, which have their own.
  package let channels: Int
  /// The image size in pixels that the stored pixels fit; 0 for encoded bytes, which fit every size.
  package let imageSize: Int

  /// Encoded bytes, which serve every channel count and image size.
  package static let encoded = CacheRecipe(form: .encoded, channels: 0, imageSize: 0)

  /// Pixels of `channels` channels, decoded at the scale that fits `imageSize`.
  package static func pixels(channels: Int, imageSize: Int) -> CacheRecipe {
    CacheRecipe(form: .pixels, channels: channels, imageSize: imageSize)
  }

  /// The recipe as file names show it: `jpeg`, or `pixels-1x640` for one channel at image size 640.
  package var name: String { form == .encoded ? form.rawValue : "pixels-\(channels)x\(imageSize)" }
}

/// Constants of docs/cache-format.md.
enum CacheFormat {
  /// Version of the layout; another version is not read.
  static let version: UInt32 = 2
  /// Version of what decoding gives (accurate DCT, smooth upsampling, `DecodeScale.fitting`, turned as EXIF says); part of the key.
  static let decoderVersion: UInt32 = 2
  static let headerMagic: [UInt8] = Array("FEEDRIMG".utf8)
  static let commitMagic: [UInt8] = Array("FEEDREND".utf8)
  /// How cache files, damaged ones too, are told from others: by either end. After a power cut a whole page may read as zeros.
  static let signature = FileSignature { glance in
    headerMagic.starts(with: glance.head.prefix(headerMagic.count))
      || glance.tail.suffix(commitByteCount).starts(with: commitMagic)
      || glance.head.allSatisfy { $0 == 0 }
  }
  static let headerByteCount = 128
  static let itemByteCount = 160
  static let labelByteCount = 40
  static let commitByteCount = 64
  /// Records and the index begin at multiples of this: a cache line.
  static let alignment = 64

  /// `offset` or the next multiple of the alignment.
  static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) / alignment * alignment }
}

/// Little-endian numbers appended to bytes.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ value: Double) { put(value.bitPattern) }

  mutating func put(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// Forgets all bytes and keeps the memory.
  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Zeros up to `count` bytes in all.
  mutating func pad(to count: Int) {
    precondition(bytes.count <= count, "the fields fit their record")
    bytes.append(contentsOf: repeatElement(0, count: count - bytes.count))
  }
}

/// Little-endian numbers taken from bytes one after the other; the caller has checked that they are there.
struct ByteReader {
  let bytes: UnsafeRawBufferPointer
  var offset: Int

  @inline(__always)
  mutating func take<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number {
    precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= bytes.count, "reading inside the bytes")
    defer { offset += MemoryLayout<Number>.size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  mutating func takeDouble() -> Double { Double(bitPattern: take()) }

  /// A 64-bit number that must fit an Int; a negative or larger one becomes `Int.max`, which no check accepts.
  mutating func takeCount() -> Int { Int(exactly: take(UInt64.self)) ?? .max }
}
