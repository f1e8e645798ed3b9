/// The bytes of a file, with numbers read at checked offsets.
struct LittleEndianBytes {
  let bytes: [UInt8]

  var count: Int { bytes.count }

  /// The number in `byteCount` bytes at `offset`. Throws if they are not all there.
  private func number(_ offset: Int, _ byteCount: Int) throws(CheckpointFault) -> UInt64 {
    guard offset >= 0, offset <= bytes.count - byteCount else {
      throw CheckpointFault("is cut off: \(byteCount) bytes are missing at \(offset)")
    }
    var value: UInt64 = 0
    for index in (0..<byteCount).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
    return value
  }

  /// The 16-bit number at `offset`.
  func short(_ offset: Int) throws(CheckpointFault) -> Int { Int(try number(offset, 2)) }

  /// The 32-bit number at `offset`.
  func word(_ offset: Int) throws(CheckpointFault) -> Int { Int(try number(offset, 4)) }

  /// The 64-bit number at `offset`, which must be at most `limit`.
  func long(_ offset: Int, limit: Int) throws(CheckpointFault) -> Int {
    let value = try number(offset, 8)
    guard let small = Int(exactly: value), small <= limit else {
      throw CheckpointFault(
        "is damaged: a place or size at \(offset) is \(value), and the file has \(bytes.count) bytes")
    }
    return small
  }

  /// The text in `range`, which lies in the file; nil if it is not UTF-8.
  func text(_ range: Range<Int>) -> String? { String(validating: bytes[range], as: UTF8.self) }
}
