import FeederCore
import Foundation

/// Encodes TensorBoard's records: protocol buffer messages of type Event in the frame of TFRecord, each with two
/// checksums.
///
/// Four small messages are written by `ProtobufWriter`, because a generator and its library would be larger. Field
/// numbers are from TensorFlow's event.proto and summary.proto.
enum EventRecord {
  /// The value of a tag.
  enum Value {
    case scalar(Float)
    case image(jpeg: [UInt8], width: Int, height: Int)
  }

  /// The first record of a file: the version of the format.
  static func version(time: Double) -> Data { record(time, step: 0) { $0.text(3, "brain.Event:2") } }

  /// The second record of a file: a session starts at `step`. Readers drop what earlier files hold from that step on.
  static func start(time: Double, step: Int) -> Data {
    record(time, step: step) { $0.message(7) { $0.number(1, 1) } }
  }

  /// A record of values at one step. `time` is in seconds since 1970.
  static func summary(time: Double, step: Int, _ values: [(tag: String, value: Value)]) -> Data {
    record(time, step: step) { event in
      event.message(5) { summary in
        for (tag, value) in values { summary.message(1) { write(tag, value, &$0) } }
      }
    }
  }

  private static func record(_ time: Double, step: Int, _ body: (inout ProtobufWriter) -> Void) -> Data {
    let event = ProtobufWriter { event in
      event.double(1, time)
      event.number(2, max(step, 0))
      body(&event)
    }
    return framed(Data(event.bytes))
  }

  private static func write(_ tag: String, _ value: Value, _ message: inout ProtobufWriter) {
    message.text(1, tag)
    switch value {
    case .scalar(let value): message.float(2, value)
    case .image(let jpeg, let width, let height):
      message.message(4) { image in
        image.number(1, height)
        image.number(2, width)
        image.number(3, 3)
        image.data(4, jpeg)
      }
    }
  }

  private static func bytes(_ value: some FixedWidthInteger) -> Data {
    Data(stride(from: 0, to: value.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) })
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
