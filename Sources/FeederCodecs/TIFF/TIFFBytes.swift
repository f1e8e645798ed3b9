import FeederCore
import FeederImaging

/// A TIFF's bytes, which are not trusted, with the numbers in them: a file, or its beginning. BigTIFF has wider ones.
struct TIFFBytes {
  let bytes: EncodedBytes
  /// Bytes of the whole file.
  let fileByteCount: Int
  /// True if a number's upper byte comes first.
  let isBigEndian: Bool
  /// True for BigTIFF: places and counts of 8 bytes.
  let isBig: Bool

  /// Reads the first bytes; the place of the first directory is the second result. Throws `ImagingError`.
  static func opened(_ bytes: EncodedBytes, fileByteCount: Int) throws -> (TIFFBytes, directory: Int) {
    guard bytes.count >= 8 else { throw ImagingError.truncated(.tiff, reason: "\(bytes.count) bytes hold no header") }
    let isBigEndian = bytes[0] == UInt8(ascii: "M")
    let isBig = bytes[isBigEndian ? 3 : 2] == 43
    let tiff = TIFFBytes(bytes: bytes, fileByteCount: fileByteCount, isBigEndian: isBigEndian, isBig: isBig)
    guard isBig else { return (tiff, try tiff.number(at: 4, byteCount: 4)) }
    guard try tiff.number(at: 4, byteCount: 2) == 8, try tiff.number(at: 6, byteCount: 2) == 0 else {
      throw ImagingError.damaged(.tiff, reason: "its places are not numbers of 8 bytes, as a BigTIFF's are")
    }
    return (tiff, try tiff.number(at: 8, byteCount: 8))
  }

  /// Bytes of a place or a count in a directory.
  var wordByteCount: Int { isBig ? 8 : 4 }
  /// Bytes of a directory's own count of entries.
  var entryCountByteCount: Int { isBig ? 8 : 2 }
  /// Bytes of a directory's entry: tag, type, count, and the values or their place.
  var entryByteCount: Int { 4 + 2 * wordByteCount }

  /// The number of 1 to 8 bytes at `place`. Throws `ImagingError.truncated` beyond the end, `.damaged` above 2^63.
  func number(at place: Int, byteCount: Int) throws -> Int {
    guard place >= 0, place <= bytes.count - byteCount else {
      throw ImagingError.truncated(.tiff, reason: "its directory leads to byte \(place), and it has \(fileByteCount)")
    }
    var number: UInt64 = 0
    for index in 0..<byteCount {
      number = number << 8 | UInt64(bytes[place + (isBigEndian ? index : byteCount - 1 - index)])
    }
    guard let whole = Int(exactly: number) else {
      throw ImagingError.damaged(.tiff, reason: "its directory holds the number \(number)")
    }
    return whole
  }

  /// The entries of the directory at `place`, and the place behind them. Throws `ImagingError`.
  func entries(at place: Int) throws -> (count: Int, first: Int, end: Int) {
    let count = try number(at: place, byteCount: entryCountByteCount)
    guard count <= 65_535 else { throw ImagingError.damaged(.tiff, reason: "its directory has \(count) entries") }
    let first = place + entryCountByteCount
    return (count, first, first + count * entryByteCount)
  }
}

/// The whole numbers of a directory's entry, read from the file one by one.
struct TIFFValues {
  private let tiff: TIFFBytes
  private let place: Int
  private let byteCount: Int
  /// How many there are.
  let count: Int

  /// The entry at `entry`. Throws `ImagingError.damaged` unless it holds whole numbers.
  init(_ tiff: TIFFBytes, entry: Int) throws {
    let word = tiff.wordByteCount
    let tag = try tiff.number(at: entry, byteCount: 2)
    let type = try tiff.number(at: entry + 2, byteCount: 2)
    guard let byteCount = Self.byteCount(ofType: type) else {
      throw ImagingError.damaged(.tiff, reason: "tag \(tag) has type \(type), which holds no whole numbers")
    }
    count = try tiff.number(at: entry + 4, byteCount: word)
    guard count > 0 else { throw ImagingError.damaged(.tiff, reason: "tag \(tag) has no value") }
    guard count <= tiff.fileByteCount / byteCount else {
      throw ImagingError.damaged(.tiff, reason: "tag \(tag) has \(count) values, more than the file can hold")
    }
    self.tiff = tiff
    self.byteCount = byteCount
    let isInside = count * byteCount <= word
    place = isInside ? entry + 4 + word : try tiff.number(at: entry + 4 + word, byteCount: word)
    guard place <= tiff.fileByteCount - count * byteCount else {
      throw ImagingError.truncated(
        .tiff, reason: "tag \(tag)'s values lie at byte \(place), and it has \(tiff.fileByteCount)")
    }
  }

  private static func byteCount(ofType type: Int) -> Int? {
    switch type {
    case 1: 1  // BYTE
    case 3: 2  // SHORT
    case 4, 13: 4  // LONG, IFD
    case 16, 18: 8  // LONG8, IFD8
    default: nil
    }
  }

  /// Value `index`, below `count`. Throws `ImagingError`.
  func value(_ index: Int) throws -> Int {
    precondition(index >= 0 && index < count, "a value of the entry")
    return try tiff.number(at: place + index * byteCount, byteCount: byteCount)
  }

  /// The only value, or the first. Throws `ImagingError`.
  var first: Int { get throws { try value(0) } }

  /// The value of all, nil if they differ; looks at 16 of them. Throws `ImagingError`.
  var common: Int? {
    get throws {
      let first = try first
      for index in 1..<max(min(count, 16), 1) where try value(index) != first { return nil }
      return first
    }
  }
}
