import FeederCodecs
import FeederCore
import FeederFiles
import FeederImaging

/// The form in which a cache file holds images.
package enum CacheForm: String, Sendable, CaseIterable {
  /// The source files' bytes.
  case encoded = "jpeg"
  /// Decoded pixels, one channel after the other.
  case pixels
  /// Pixels at full resolution, in blocks, for tiles.
  case tiles

  /// The form's number in the file.
  var code: UInt32 {
    switch self {
    case .encoded: 1
    case .pixels: 2
    case .tiles: 3
    }
  }

  /// The form with a number; nil if no form has it.
  init?(code: UInt32) {
    guard let form = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = form
  }
}

/// All that decides the bytes of a cache file besides its sources.
package struct CacheRecipe: Sendable, Hashable {
  /// The form of the records.
  package let form: CacheForm
  /// Channels of the pixels, 1 or 3; 0 for encoded bytes, which keep their own.
  package let channels: Int
  /// The image size that the stored pixels fit, in pixels; 0 for encoded bytes and tiles, which fit every size.
  package let imageSize: Int
  /// The window that mapped levels of more than 8 bits; full for encoded bytes, which keep their levels.
  package let window: LevelWindow

  /// Encoded bytes, for every channel count, image size and window.
  package static let encoded = CacheRecipe(form: .encoded, channels: 0, imageSize: 0, window: .full)

  /// Pixels with `channels` channels, decoded at the scale that fits `imageSize`, their levels mapped by `window`.
  package static func pixels(channels: Int, imageSize: Int, window: LevelWindow = .full) -> CacheRecipe {
    CacheRecipe(form: .pixels, channels: channels, imageSize: imageSize, window: window)
  }

  /// Pixels with `channels` channels at full resolution in blocks, their levels mapped by `window`.
  package static func tiles(channels: Int, window: LevelWindow = .full) -> CacheRecipe {
    CacheRecipe(form: .tiles, channels: channels, imageSize: 0, window: window)
  }

  /// The recipe in file names: `jpeg`, or `pixels-1x640` for one channel at image size 640, or `tiles-1`, or
  /// `pixels-1x640_200-3900` with a window. A recipe's name is never the beginning of another's up to a hyphen.
  package var name: String {
    guard form != .encoded else { return form.rawValue }
    var name = "\(form.rawValue)-\(channels)" + (form == .pixels ? "x\(imageSize)" : "")
    if let levels = window.levels { name += "_\(levels.lowerBound)-\(levels.upperBound)" }
    if window.curve != .linear { name += "_\(window.curve.rawValue)" }
    return name
  }
}

/// Constants of docs/cache-format.md.
enum CacheFormat {
  /// The version of the layout; files of other versions are not read.
  static let version: UInt32 = 2
  /// The version of the decoded pixels (accurate DCT, smooth upsampling, `DecodeScale.fitting`, turned by EXIF); part
  /// of the key.
  static let decoderVersion: UInt32 = 2
  static let headerMagic: [UInt8] = Array("FEEDRIMG".utf8)
  static let commitMagic: [UInt8] = Array("FEEDREND".utf8)
  /// Recognises cache files, including damaged ones, by either end. After a power cut a whole page may read as zeros.
  static let signature = FileSignature { glance in
    headerMagic.starts(with: glance.head.prefix(headerMagic.count))
      || glance.tail.suffix(commitByteCount).starts(with: commitMagic)
      || glance.head.allSatisfy { $0 == 0 }
  }
  static let headerByteCount = 128
  static let itemByteCount = 160
  static let labelByteCount = 40
  static let commitByteCount = 64
  /// Records and the index begin at multiples of this: one cache line.
  static let alignment = 64
  /// Tiled records, their tables and their blocks begin at multiples of this: one page.
  static let pageByteCount = 4096

  /// The first multiple of the alignment from `offset` on.
  static func aligned(_ offset: Int) -> Int { aligned(offset, to: alignment) }

  /// The first multiple of `alignment` from `offset` on.
  static func aligned(_ offset: Int, to alignment: Int) -> Int { (offset + alignment - 1) / alignment * alignment }
}

extension CacheForm {
  /// Records begin at multiples of this.
  var alignment: Int { self == .tiles ? CacheFormat.pageByteCount : CacheFormat.alignment }
}

/// Appends little-endian numbers to bytes.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ value: Double) { put(value.bitPattern) }

  mutating func put(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// Removes all bytes and keeps the memory.
  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Appends zeros up to `count` bytes in total.
  mutating func pad(to count: Int) {
    precondition(bytes.count <= count, "the fields fit their record")
    bytes.append(contentsOf: repeatElement(0, count: count - bytes.count))
  }
}

/// Takes little-endian numbers from bytes, one after the other. The caller has checked the length.
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

  /// A 64-bit number as an Int; `Int.max`, which no check accepts, if it does not fit.
  mutating func takeCount() -> Int { Int(exactly: take(UInt64.self)) ?? .max }
}
