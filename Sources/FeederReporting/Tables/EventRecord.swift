import Foundation

/// Encodes TensorBoard's records: protocol buffer messages of type Event in the frame of TFRecord, each with two
/// checksums.
///
/// Four small messages are encoded by hand, because a generator and its library would be larger. Field numbers are from
/// TensorFlow's event.proto and summary.proto.
enum EventRecord {
  /// The value of a tag.
  enum Value {
    case scalar(Float)
    case image(jpeg: [UInt8], width: Int, height: Int)
  }

  /// The first record of a file: the version of the format.
  static func version(time: Double) -> Data { framed(event(time, step: 0) + field(3, Data("brain.Event:2".utf8))) }

  /// The second record of a file: a session starts at `step`. Readers drop what earlier files hold from that step on.
  static func start(time: Double, step: Int) -> Data { framed(event(time, step: step) + field(7, number(1, 1))) }

  /// A record of values at one step. `time` is in seconds since 1970.
  static func summary(time: Double, step: Int, _ values: [(tag: String, value: Value)]) -> Data {
    let summary = values.reduce(into: Data()) { $0 += field(1, message($1.tag, $1.value)) }
    return framed(event(time, step: step) + field(5, summary))
  }

  private static func event(_ time: Double, step: Int) -> Data {
    Data([1 << 3 | 1]) + bytes(time.bitPattern) + number(2, UInt64(max(step, 0)))
  }

  private static func message(_ tag: String, _ value: Value) -> Data {
    let name = field(1, Data(tag.utf8))
    switch value {
    case .scalar(let value): return name + Data([2 << 3 | 5]) + bytes(value.bitPattern)
    case .image(let jpeg, let width, let height):
      let image = number(1, UInt64(height)) + number(2, UInt64(width)) + number(3, 3) + field(4, Data(jpeg))
      return name + field(4, image)
    }
  }

  private static func bytes(_ value: some FixedWidthInteger) -> Data {
    Data(stride(from: 0, to: value.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) })
  }

  private static func variable(_ value: UInt64) -> Data {
    var (rest, result) = (value, Data())
    while rest >= 0x80 {
      result.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    result.append(UInt8(rest))
    return result
  }

  private static func number(_ field: Int, _ value: UInt64) -> Data { variable(UInt64(field << 3)) + variable(value) }

  private static func field(_ field: Int, _ data: Data) -> Data {
    variable(UInt64(field << 3 | 2)) + variable(UInt64(data.count)) + data
  }

  /// Length, its checksum, the message, its checksum.
  static func framed(_ message: Data) -> Data {
    let length = bytes(UInt64(message.count))
    return length + bytes(masked(length)) + message + bytes(masked(message))
  }

  private static func masked(_ data: Data) -> UInt32 {
    let value = checksum(data)
    return (value >> 15 | value << 17) &+ 0xA282_EAD8
  }

  /// CRC-32C (Castagnoli; RFC 3720, appendix B.4).
  static func checksum(_ data: Data) -> UInt32 {
    ~data.reduce(~0 as UInt32) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }
}
