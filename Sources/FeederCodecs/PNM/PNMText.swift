import FeederImaging

/// Decimal numbers between spaces and comments, as Netpbm's formats have them.
struct PNMText {
  private let bytes: EncodedBytes
  private(set) var offset: Int

  /// Stands at `offset` of `bytes`.
  init(_ bytes: EncodedBytes, offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  /// The next number; `name` is for errors. Throws `ImagingError`.
  mutating func number(_ name: StaticString) throws -> Int {
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "#") {
        while offset < bytes.count, !Self.isLineEnd(bytes[offset]) { offset += 1 }
      } else if Self.isSpace(bytes[offset]) {
        offset += 1
      } else {
        break
      }
    }
    var value = 0
    var count = 0
    while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) {
      value = min(value * 10 + Int(bytes[offset] - 0x30), 1 << 32)
      offset += 1
      count += 1
    }
    guard count > 0 else {
      if offset >= bytes.count { throw ImagingError.truncated(.pnm, reason: "it ends in front of its \(name)") }
      throw ImagingError.damaged(.pnm, reason: "no number where its \(name) is due, at byte \(offset)")
    }
    return value
  }

  /// The place behind the one space that ends a header, or behind a comment in its place. `hasSpare` says of a place if the pixels from there on
  /// leave a byte over: then a line end of two bytes ends the header. Throws `ImagingError`.
  mutating func end(hasSpare: (Int) -> Bool) throws -> Int {
    if offset < bytes.count, bytes[offset] == UInt8(ascii: "#") {
      while offset < bytes.count, !Self.isLineEnd(bytes[offset]) { offset += 1 }
    }
    guard offset < bytes.count else { throw ImagingError.truncated(.pnm, reason: "it ends in front of its pixels") }
    guard Self.isSpace(bytes[offset]) else {
      throw ImagingError.damaged(.pnm, reason: "no space in front of its pixels, at byte \(offset)")
    }
    offset += 1
    if bytes[offset - 1] == 0x0D, offset < bytes.count, bytes[offset] == 0x0A, hasSpare(offset) { offset += 1 }
    return offset
  }
}
