import FeederCore
import Testing

@Suite("Protocol buffers are written as other programs read them, and read back")
struct ProtobufTests {
  private static let fields: [(Int, ProtobufReader.Value)] = [
    (1, .number(0)), (1, .number(127)), (2, .number(128)), (15, .number(.max)), (16, .number(-1)),
    (536_870_911, .number(300)), (3, .fourBytes(Float(1.5).bitPattern)), (4, .eightBytes(Double(-2).bitPattern)),
    (5, .data([])), (6, .data(Array("äöü".utf8)[...])), (7, .data([UInt8](repeating: 7, count: 1000)[...])),
  ]

  private static func written(_ fields: [(Int, ProtobufReader.Value)]) -> [UInt8] {
    ProtobufWriter { message in
      for (number, value) in fields {
        switch value {
        case .number(let value): message.number(number, value)
        case .fourBytes(let bits): message.float(number, Float(bitPattern: bits))
        case .eightBytes(let bits): message.double(number, Double(bitPattern: bits))
        case .data(let bytes): message.data(number, Array(bytes))
        }
      }
    }.bytes
  }

  private static func read(_ bytes: [UInt8]) throws -> [(Int, ProtobufReader.Value)] {
    var reader = ProtobufReader(bytes)
    var fields: [(Int, ProtobufReader.Value)] = []
    while let field = try reader.next() { fields.append((field.number, field.value)) }
    return fields
  }

  @Test("known messages have the bytes that the format's description gives")
  func known() {
    // protobuf.dev, "Encoding": field 1 is 150, field 2 the text "testing", field 3 a message with field 1 at 150.
    #expect(ProtobufWriter { $0.number(1, 150) }.bytes == [0x08, 0x96, 0x01])
    #expect(
      ProtobufWriter { $0.text(2, "testing") }.bytes == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67])
    #expect(ProtobufWriter { $0.message(3) { $0.number(1, 150) } }.bytes == [0x1A, 0x03, 0x08, 0x96, 0x01])
    #expect(ProtobufWriter { $0.number(1, -2) }.bytes == [0x08, 0xFE] + [UInt8](repeating: 0xFF, count: 8) + [0x01])
  }

  @Test("every kind of value is read back as it was written")
  func roundTrip() throws {
    let read = try Self.read(Self.written(Self.fields))
    #expect(read.map(\.0) == Self.fields.map(\.0))
    #expect(read.map(\.1) == Self.fields.map(\.1))
    #expect(try ProtobufReader.numbers([0x03, 0x8E, 0x02, 0x9E, 0xA7, 0x05]) == [3, 270, 86942])
  }

  @Test("a message cut at any byte gives a prefix of its fields or an error, never a trap")
  func cut() throws {
    let bytes = Self.written(Self.fields)
    for count in bytes.indices {
      if let read = try? Self.read(Array(bytes[..<count])) {
        #expect(read.map(\.1) == Self.fields.prefix(read.count).map(\.1), "\(count) bytes")
      }
    }
  }

  @Test(
    "hostile bytes are refused with a reason",
    arguments: [
      ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "is cut off: field 1"),  // 2^64 - 1 bytes
      ([0x0A, 0x05, 0x01], "field 1 has 5 bytes, and 1 follow"),
      ([UInt8](repeating: 0xFF, count: 30), "more than 64 bits"),
      ([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02], "more than 64 bits"),
      ([0x00, 0x00], "the number 0"), ([0x0B, 0x0C], "the unknown encoding 3"), ([0x0F], "the unknown encoding 7"),
      ([0x80, 0x80, 0x80, 0x80, 0x10, 0x00], "which no message has"), ([0x0D, 1, 2, 3], "cut off inside a number"),
      ([0x80], "cut off inside a number"),
    ] as [([UInt8], String)])
  func hostile(_ bytes: [UInt8], _ reason: String) {
    let error = #expect(throws: ProtobufReader.FormatError.self) { _ = try Self.read(bytes) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
