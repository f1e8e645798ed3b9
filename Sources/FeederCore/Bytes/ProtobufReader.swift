/// Reads the fields of one message of protocol buffers, in the order of the file. The bytes are hostile: every length
/// is checked before its use, and nothing is copied or allocated.
package struct ProtobufReader {
  /// One field of a message.
  package struct Field {
    /// The number of the field.
    package let number: Int
    /// Its value.
    package let value: Value
  }

  /// The value of a field, by the way it is encoded.
  package enum Value: Equatable {
    /// An integer, enum or bool.
    case number(Int)
    /// A double, or a fixed 64-bit integer, by its bits.
    case eightBytes(UInt64)
    /// A text, bytes, a message, or packed numbers.
    case data(ArraySlice<UInt8>)
    /// A float, or a fixed 32-bit integer, by its bits.
    case fourBytes(UInt32)
  }

  /// Thrown if the bytes are no message.
  package struct FormatError: Error, Equatable, CustomStringConvertible {
    /// The fault, in words that follow the file's name.
    package let description: String

    /// An error with the fault `description`, in words that follow the file's name.
    package init(description: String) { self.description = description }
  }

  /// The numbers that a field can have.
  static let fields = 1...0x1FFF_FFFF

  private var rest: ArraySlice<UInt8>

  /// A reader of the message in `bytes`.
  package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// A reader of the message in `bytes`.
  package init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// The next field; nil at the end of the message. Throws `FormatError` if the bytes are cut or no message.
  package mutating func next() throws(FormatError) -> Field? {
    guard !rest.isEmpty else { return nil }
    let key = try variable()
    guard let number = Int(exactly: key >> 3), Self.fields.contains(number) else {
      throw FormatError(description: "has a field with the number \(key >> 3), which no message has")
    }
    let value: Value
    switch ProtobufWriter.Wire(rawValue: key & 7) {
    case .variable: value = .number(Int(truncatingIfNeeded: try variable()))
    case .eightBytes: value = .eightBytes(try fixed(UInt64.self))
    case .fourBytes: value = .fourBytes(try fixed(UInt32.self))
    case .delimited:
      let count = try variable()
      guard count <= UInt64(rest.count) else {
        throw FormatError(description: "is cut off: field \(number) has \(count) bytes, and \(rest.count) follow")
      }
      value = .data(rest.prefix(Int(count)))
      rest = rest.dropFirst(Int(count))
    case nil: throw FormatError(description: "has field \(number) in the unknown encoding \(key & 7)")
    }
    return Field(number: number, value: value)
  }

  /// The numbers of a packed field's bytes. Throws `FormatError` if they are cut.
  package static func numbers(_ bytes: ArraySlice<UInt8>) throws(FormatError) -> [Int] {
    var reader = ProtobufReader(bytes)
    var numbers: [Int] = []
    while !reader.rest.isEmpty { numbers.append(Int(truncatingIfNeeded: try reader.variable())) }
    return numbers
  }

  private mutating func variable() throws(FormatError) -> UInt64 {
    var value: UInt64 = 0
    for place in 0..<10 {
      guard let byte = rest.popFirst() else { throw FormatError(description: "is cut off inside a number") }
      // The tenth byte holds the 64th bit alone.
      guard place < 9 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7F) << UInt64(7 * place)
      if byte < 0x80 { return value }
    }
    throw FormatError(description: "has a number of more than 64 bits")
  }

  private mutating func fixed<T: FixedWidthInteger>(_: T.Type) throws(FormatError) -> T {
    let count = T.bitWidth / 8
    guard rest.count >= count else { throw FormatError(description: "is cut off inside a number") }
    let value = rest.prefix(count).reversed().reduce(T.zero) { $0 << 8 | T($1) }
    rest = rest.dropFirst(count)
    return value
  }
}
