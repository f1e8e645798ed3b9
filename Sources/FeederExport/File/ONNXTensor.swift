import FeederCore

/// The number format of a tensor, as ONNX numbers it.
package enum ONNXElement: Int, Sendable {
  case float = 1
  case uint8 = 2
  case int8 = 3
  case int32 = 6
  case int64 = 7

  /// Bytes of one element.
  package var byteCount: Int {
    switch self {
    case .uint8, .int8: 1
    case .float, .int32: 4
    case .int64: 8
    }
  }
}

/// A constant of a graph.
package struct ONNXTensor: Equatable, Sendable {
  /// The name of the value.
  package var name = ""
  /// The number format.
  package var element = ONNXElement.float
  /// Extents, outermost first; empty for a scalar.
  package var shape: [Int] = []
  /// The elements in row-major order, little-endian.
  package var bytes: [UInt8] = []

  /// A tensor of floats, which must fill `shape`.
  init(_ name: String, _ values: [Float], _ shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill the shape \(shape)")
    (self.name, element, self.shape) = (name, .float, shape)
    bytes.reserveCapacity(4 * values.count)
    for value in values { append(value.bitPattern) }
  }

  /// A tensor of 64-bit integers, which must fill `shape`.
  init(_ name: String, _ values: [Int], _ shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill the shape \(shape)")
    (self.name, element, self.shape) = (name, .int64, shape)
    for value in values { append(UInt64(bitPattern: Int64(value))) }
  }

  /// The elements of a tensor of floats; nil if it is none.
  package var floats: [Float]? {
    guard element == .float else { return nil }
    return stride(from: 0, to: bytes.count, by: 4).map { at in
      Float(bitPattern: bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
  }

  private mutating func append<T: FixedWidthInteger>(_ bits: T) {
    for shift in stride(from: 0, to: T.bitWidth, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
  }

  func write(to message: inout ProtobufWriter) {
    for extent in shape { message.number(Field.shape, extent) }
    message.number(Field.element, element.rawValue)
    message.text(Field.name, name)
    message.data(Field.bytes, bytes)
  }

  init(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) {
    var type = 0
    try ProtobufReader.each(bytes) { (field) throws(ProtobufReader.FormatError) in
      switch field.number {
      case Field.shape: shape += try field.numbers()
      case Field.element: type = try field.number()
      case Field.name: name = try field.text()
      case Field.bytes: self.bytes = Array(try field.data())
      case Field.place where try field.number() != 0:
        throw ProtobufReader.FormatError(description: "keeps '\(name)' in another file, which is not read")
      default: break
      }
    }
    guard let element = ONNXElement(rawValue: type) else {
      throw ProtobufReader.FormatError(description: "holds '\(name)' in the number format \(type), which is not read")
    }
    self.element = element
    var needed = element.byteCount
    for extent in shape {
      let (product, overflow) = needed.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw ProtobufReader.FormatError(description: "has an impossible shape \(shape) for '\(name)'")
      }
      needed = product
    }
    guard needed == self.bytes.count else {
      throw ProtobufReader.FormatError(
        description: "holds \(self.bytes.count) bytes for '\(name)', and its shape \(shape) needs \(needed)")
    }
  }

  private enum Field { static let (shape, element, name, bytes, place) = (1, 2, 8, 9, 14) }
}

/// An input or output of a graph: a name, a number format and a shape.
package struct ONNXValue: Equatable, Sendable {
  /// An extent of a shape.
  package enum Extent: Equatable, Sendable {
    /// A number that never changes.
    case fixed(Int)
    /// A number that the run chooses, by its name.
    case free(String)
  }

  /// The name of the value.
  package var name = ""
  /// The number format.
  package var element = ONNXElement.float
  /// Extents, outermost first.
  package var shape: [Extent] = []

  init(name: String, element: ONNXElement, shape: [Extent]) {
    (self.name, self.element, self.shape) = (name, element, shape)
  }

  func write(to message: inout ProtobufWriter) {
    message.text(Field.name, name)
    message.message(Field.type) { type in
      type.message(Field.tensor) { tensor in
        tensor.number(Field.element, element.rawValue)
        tensor.message(Field.shape) { shape in
          for extent in self.shape {
            shape.message(Field.extent) {
              switch extent {
              case .fixed(let value): $0.number(Field.fixed, value)
              case .free(let name): $0.text(Field.free, name)
              }
            }
          }
        }
      }
    }
  }

  init(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) {
    var type = ArraySlice<UInt8>()
    try ProtobufReader.each(bytes) { (field) throws(ProtobufReader.FormatError) in
      switch field.number {
      case Field.name: name = try field.text()
      case Field.type: type = try field.data()
      default: break
      }
    }
    var tensor = ArraySlice<UInt8>()
    try ProtobufReader.each(type) { (field) throws(ProtobufReader.FormatError) in
      if field.number == Field.tensor { tensor = try field.data() }
    }
    var number = 0
    try ProtobufReader.each(tensor) { (field) throws(ProtobufReader.FormatError) in
      switch field.number {
      case Field.element: number = try field.number()
      case Field.shape:
        try ProtobufReader.each(field.data()) { (field) throws(ProtobufReader.FormatError) in
          if field.number == Field.extent { shape.append(try Extent(field.data())) }
        }
      default: break
      }
    }
    guard let element = ONNXElement(rawValue: number) else {
      throw ProtobufReader.FormatError(description: "has '\(name)' in the number format \(number), which is not read")
    }
    self.element = element
  }

  fileprivate enum Field {
    static let (name, type) = (1, 2)
    static let tensor = 1
    static let (element, shape) = (1, 2)
    static let extent = 1
    static let (fixed, free) = (1, 2)
  }
}

extension ONNXValue.Extent {
  fileprivate init(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) {
    self = .free("")
    try ProtobufReader.each(bytes) { (field) throws(ProtobufReader.FormatError) in
      switch field.number {
      case ONNXValue.Field.fixed: self = .fixed(try field.number())
      case ONNXValue.Field.free: self = .free(try field.text())
      default: break
      }
    }
  }
}
