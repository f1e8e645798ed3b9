import FeederCore

/// The graph of an ONNX file: operators in the order of their work, constants, inputs and outputs.
package struct ONNXGraph: Equatable, Sendable {
  /// The name.
  package var name = ""
  /// The operators. Each reads constants, inputs of the graph, or outputs of operators before it.
  package var nodes: [ONNXNode] = []
  /// The constants.
  package var constants: [ONNXTensor] = []
  /// What a run of the graph gets.
  package var inputs: [ONNXValue] = []
  /// What a run of the graph gives.
  package var outputs: [ONNXValue] = []

  /// An empty graph.
  package init() {}

  func write(to message: inout ProtobufWriter) {
    for node in nodes { message.message(Field.nodes, node.write) }
    message.text(Field.name, name)
    for constant in constants { message.message(Field.constants, constant.write) }
    for input in inputs { message.message(Field.inputs, input.write) }
    for output in outputs { message.message(Field.outputs, output.write) }
  }

  init(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) {
    try ProtobufReader.each(bytes) { (field) throws(ProtobufReader.FormatError) in
      switch field.number {
      case Field.nodes: nodes.append(try ONNXNode(field.data()))
      case Field.name: name = try field.text()
      case Field.constants: constants.append(try ONNXTensor(field.data()))
      case Field.inputs: inputs.append(try ONNXValue(field.data()))
      case Field.outputs: outputs.append(try ONNXValue(field.data()))
      default: break
      }
    }
  }

  private enum Field { static let (nodes, name, constants, inputs, outputs) = (1, 2, 5, 11, 12) }
}

/// One operator of a graph.
package struct ONNXNode: Equatable, Sendable {
  /// A setting of an operator.
  package enum Attribute: Equatable, Sendable {
    case number(Int)
    case float(Float)
    case text(String)
    case numbers([Int])
  }

  /// The name of the node, for people.
  package var name = ""
  /// The operator, such as `Conv`.
  package var operation = ""
  /// The names of the values that it reads; an empty name is an input left out.
  package var inputs: [String] = []
  /// The names of the values that it gives.
  package var outputs: [String] = []
  /// The settings, by name.
  package var attributes: [String: Attribute] = [:]

  init(name: String, operation: String, inputs: [String], outputs: [String], attributes: [String: Attribute]) {
    (self.name, self.operation, self.inputs, self.outputs) = (name, operation, inputs, outputs)
    self.attributes = attributes
  }

  func write(to message: inout ProtobufWriter) {
    for input in inputs { message.text(Field.inputs, input) }
    for output in outputs { message.text(Field.outputs, output) }
    message.text(Field.name, name)
    message.text(Field.operation, operation)
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
      message.message(Field.attributes) { attribute in
        attribute.text(AttributeField.name, name)
        switch value {
        case .float(let value): attribute.float(AttributeField.float, value)
        case .number(let value): attribute.number(AttributeField.number, value)
        case .text(let value): attribute.text(AttributeField.text, value)
        case .numbers(let values): for value in values { attribute.number(AttributeField.numbers, value) }
        }
        attribute.number(AttributeField.type, value.type.rawValue)
      }
    }
  }

  init(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) {
    try ProtobufReader.each(bytes) { (field) throws(ProtobufReader.FormatError) in
      switch field.number {
      case Field.inputs: inputs.append(try field.text())
      case Field.outputs: outputs.append(try field.text())
      case Field.name: name = try field.text()
      case Field.operation: operation = try field.text()
      case Field.attributes:
        let (name, value) = try Self.attribute(field.data())
        guard attributes.updateValue(value, forKey: name) == nil else {
          throw ProtobufReader.FormatError(description: "gives an operator the setting '\(name)' twice")
        }
      default: break
      }
    }
  }

  private static func attribute(
    _ bytes: ArraySlice<UInt8>
  ) throws(ProtobufReader.FormatError) -> (String, Attribute) {
    var (name, type, number, numbers, text, float) = ("", 0, 0, [Int](), "", Float.zero)
    try ProtobufReader.each(bytes) { (field) throws(ProtobufReader.FormatError) in
      switch field.number {
      case AttributeField.name: name = try field.text()
      case AttributeField.float: float = try field.float()
      case AttributeField.number: number = try field.number()
      case AttributeField.text: text = try field.text()
      case AttributeField.numbers: numbers += try field.numbers()
      case AttributeField.type: type = try field.number()
      default: break
      }
    }
    switch AttributeType(rawValue: type) {
    case .float: return (name, .float(float))
    case .number: return (name, .number(number))
    case .text: return (name, .text(text))
    case .numbers: return (name, .numbers(numbers))
    case nil:
      throw ProtobufReader.FormatError(description: "has the setting '\(name)' of the unknown kind \(type)")
    }
  }

  private enum Field { static let (inputs, outputs, name, operation, attributes) = (1, 2, 3, 4, 5) }
  private enum AttributeField { static let (name, float, number, text, numbers, type) = (1, 2, 3, 4, 8, 20) }

  fileprivate enum AttributeType: Int {
    case float = 1
    case number = 2
    case text = 3
    case numbers = 7
  }
}

extension ONNXNode.Attribute {
  fileprivate var type: ONNXNode.AttributeType {
    switch self {
    case .float: .float
    case .number: .number
    case .text: .text
    case .numbers: .numbers
    }
  }
}
