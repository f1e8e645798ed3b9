import Foundation

/// Splits a JSON array into the raw bytes of its elements. Only brackets and strings matter, so elements may be
/// invalid.
struct JSONPieces: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var position: Int

  /// Starts after the first `[`. Without one there are no elements.
  init(_ data: Data) {
    bytes = [UInt8](data)
    position = (bytes.firstIndex(of: UInt8(ascii: "[")) ?? bytes.count) + 1
  }

  /// True for JSON's four space characters.
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

  /// The next element without spaces around it; nil after the last.
  mutating func next() -> Data? {
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    guard position < bytes.count, bytes[position] != UInt8(ascii: "]") else { return nil }
    let start = position
    var depth = 0
    var quoted = false
    while position < bytes.count {
      let byte = bytes[position]
      if quoted {
        if byte == UInt8(ascii: "\\") { position += 1 } else if byte == UInt8(ascii: "\"") { quoted = false }
      } else if byte == UInt8(ascii: "\"") {
        quoted = true
      } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        depth += 1
      } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        if depth == 0 { break }
        depth -= 1
      } else if byte == UInt8(ascii: ","), depth == 0 {
        break
      }
      position += 1
    }
    let end = Swift.min(position, bytes.count)
    if position < bytes.count, bytes[position] == UInt8(ascii: ",") { position += 1 }
    return Data(bytes[start..<end])
  }
}
