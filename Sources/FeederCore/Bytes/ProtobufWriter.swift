/// Writes one message of protocol buffers (protobuf.dev, "Encoding"): fields by number, in the order of the calls.
package struct ProtobufWriter {
  /// The kind of a field's value, as the format numbers it.
  enum Wire: UInt64 {
    case variable = 0
    case eightBytes = 1
    case delimited = 2
    case fourBytes = 5
  }

  /// The message so far.
  package private(set) var bytes: [UInt8] = []

  /// An empty message.
  package init() {}

  /// A message with the fields that `body` writes.
  package init(_ body: (inout ProtobufWriter) throws -> Void) rethrows { try body(&self) }

  /// An integer: int64, and int32, enum or bool. Negative numbers take ten bytes.
  package mutating func number(_ field: Int, _ value: Int) {
    key(field, .variable)
    variable(UInt64(bitPattern: Int64(value)))
  }

  /// A float.
  package mutating func float(_ field: Int, _ value: Float) {
    key(field, .fourBytes)
    fixed(value.bitPattern)
  }

  /// A double.
  package mutating func double(_ field: Int, _ value: Double) {
    key(field, .eightBytes)
    fixed(value.bitPattern)
  }

  /// A text, in UTF-8.
  package mutating func text(_ field: Int, _ value: String) { data(field, Array(value.utf8)) }

  /// Bytes as they are, or a message that is encoded already.
  package mutating func data(_ field: Int, _ value: [UInt8]) {
    key(field, .delimited)
    variable(UInt64(value.count))
    bytes += value
  }

  /// A message in the message, with the fields that `body` writes.
  package mutating func message(_ field: Int, _ body: (inout ProtobufWriter) throws -> Void) rethrows {
    data(field, try ProtobufWriter(body).bytes)
  }

  private mutating func key(_ field: Int, _ wire: Wire) {
    precondition(ProtobufReader.fields.contains(field), "field \(field) is no field number")
    variable(UInt64(field) << 3 | wire.rawValue)
  }

  private mutating func variable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  private mutating func fixed(_ value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}
