import FeederCore

/// An ONNX file: a graph of operators, and text pairs that describe it. Field numbers are from onnx.proto
/// (github.com/onnx/onnx, Apache-2.0).
package struct ONNXModel: Equatable, Sendable {
  /// A text pair of the file.
  package struct Note: Equatable, Sendable {
    /// The key.
    package var key: String
    /// Its text.
    package var value: String
  }

  /// The version of the file format.
  package var formatVersion = Self.ownFormatVersion
  /// The program that wrote the file.
  package var producer = Self.ownProducer
  /// The version of that program.
  package var producerVersion = ""
  /// The version of the operators.
  package var operators = Self.ownOperators
  /// The graph.
  package var graph: ONNXGraph
  /// The text pairs, in the order of the file.
  package var notes: [Note] = []

  /// IR 8 and opset 13: the oldest with today's Softmax and with scales per channel, so that old runtimes read the file.
  package static let ownFormatVersion = 8
  /// The version of the operators that Feeder writes.
  package static let ownOperators = 13
  /// The name of the program in files that Feeder writes.
  package static let ownProducer = "feeder"

  /// A model of `graph` as Feeder writes it.
  package init(graph: ONNXGraph) { self.graph = graph }

  /// The first bytes of a file that Feeder wrote.
  static var ownStart: [UInt8] {
    ProtobufWriter { model in
      model.number(Field.formatVersion, ownFormatVersion)
      model.text(Field.producer, ownProducer)
    }.bytes
  }

  /// The bytes of the file. Equal models give equal bytes.
  package var bytes: [UInt8] {
    ProtobufWriter { model in
      model.number(Field.formatVersion, formatVersion)
      model.text(Field.producer, producer)
      model.text(Field.producerVersion, producerVersion)
      model.message(Field.graph) { graph.write(to: &$0) }
      model.message(Field.operatorSet) {
        $0.text(OperatorSet.domain, "")
        $0.number(OperatorSet.version, operators)
      }
      for note in notes {
        model.message(Field.notes) {
          $0.text(Pair.key, note.key)
          $0.text(Pair.value, note.value)
        }
      }
    }.bytes
  }

  /// Reads a file. Throws `ProtobufReader.FormatError` if it is cut, or no ONNX file that this program understands.
  package init(_ bytes: [UInt8]) throws(ProtobufReader.FormatError) {
    var graph: ONNXGraph?
    var (formatVersion, operators) = (0, 0)
    self.init(graph: ONNXGraph())
    try ProtobufReader.each(bytes[...]) { (field) throws(ProtobufReader.FormatError) in
      switch field.number {
      case Field.formatVersion: formatVersion = try field.number()
      case Field.producer: producer = try field.text()
      case Field.producerVersion: producerVersion = try field.text()
      case Field.graph: graph = try ONNXGraph(field.data())
      case Field.operatorSet: operators = max(operators, try OperatorSet.version(field.data()))
      case Field.notes: notes.append(try Pair.note(field.data()))
      default: break
      }
    }
    guard let graph else { throw ProtobufReader.FormatError(description: "is no ONNX file: it holds no graph") }
    (self.graph, self.formatVersion, self.operators) = (graph, formatVersion, operators)
  }

  private enum Field {
    static let (formatVersion, producer, producerVersion, graph, operatorSet, notes) = (1, 2, 3, 7, 8, 14)
  }

  private enum OperatorSet {
    static let (domain, version) = (1, 2)

    /// The version, if this is the set of the standard's own operators; else 0.
    static func version(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) -> Int {
      var (name, number) = ("", 0)
      try ProtobufReader.each(bytes) { (field) throws(ProtobufReader.FormatError) in
        switch field.number {
        case domain: name = try field.text()
        case version: number = try field.number()
        default: break
        }
      }
      return name.isEmpty || name == "ai.onnx" ? number : 0
    }
  }

  private enum Pair {
    static let (key, value) = (1, 2)

    static func note(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) -> Note {
      var note = Note(key: "", value: "")
      try ProtobufReader.each(bytes) { (field) throws(ProtobufReader.FormatError) in
        switch field.number {
        case key: note.key = try field.text()
        case value: note.value = try field.text()
        default: break
        }
      }
      return note
    }
  }
}

extension ProtobufReader {
  /// Calls `body` with each field of the message in `bytes`.
  static func each(
    _ bytes: ArraySlice<UInt8>, _ body: (Field) throws(FormatError) -> Void
  ) throws(FormatError) {
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() { try body(field) }
  }
}

extension ProtobufReader.Field {
  private func other(_ wanted: String) -> ProtobufReader.FormatError {
    ProtobufReader.FormatError(description: "is no ONNX file: its field \(number) is no \(wanted)")
  }

  /// The value, which must be an integer.
  func number() throws(ProtobufReader.FormatError) -> Int {
    guard case .number(let value) = value else { throw other("number") }
    return value
  }

  /// The value, which must be a float.
  func float() throws(ProtobufReader.FormatError) -> Float {
    guard case .fourBytes(let bits) = value else { throw other("float") }
    return Float(bitPattern: bits)
  }

  /// The value, which must be bytes or a message.
  func data() throws(ProtobufReader.FormatError) -> ArraySlice<UInt8> {
    guard case .data(let bytes) = value else { throw other("message") }
    return bytes
  }

  /// The value, which must be a text in UTF-8.
  func text() throws(ProtobufReader.FormatError) -> String {
    guard let text = String(validating: try data(), as: UTF8.self) else { throw other("text") }
    return text
  }

  /// The value, which must be an integer, or packed ones.
  func numbers() throws(ProtobufReader.FormatError) -> [Int] {
    if case .number(let value) = value { return [value] }
    return try ProtobufReader.numbers(data())
  }
}
