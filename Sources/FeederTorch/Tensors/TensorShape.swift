/// The same numbers in another shape, parts of them, and several put together.
extension Tensor {
  private enum Op {
    static let reshape = Operator("reshape")
    static let transpose = Operator("transpose", "int")
    static let unsqueeze = Operator("unsqueeze")
    static let squeeze = Operator("squeeze", "dim")
    static let expand = Operator("expand")
    static let slice = Operator("slice", "Tensor")
    static let split = Operator("split_with_sizes")
    static let cat = Operator("cat")
    static let stack = Operator("stack")
    static let gather = Operator("gather")
    static let scatter = Operator("scatter", "src")
    static let scatterValue = Operator("scatter", "value")
    static let indexSelect = Operator("index_select")
    static let nonzero = Operator("nonzero")
  }

  package func reshaped(_ shape: [Int]) throws -> Tensor { try Op.reshape(.tensor(self), .ints(shape)) }
  package func transposed(_ a: Int, _ b: Int) throws -> Tensor { try Op.transpose(.tensor(self), .int(a), .int(b)) }
  package func unsqueezed(_ dimension: Int) throws -> Tensor { try Op.unsqueeze(.tensor(self), .int(dimension)) }
  package func squeezed(_ dimension: Int) throws -> Tensor { try Op.squeeze(.tensor(self), .int(dimension)) }

  /// Repeats dimensions of extent 1 without a copy; -1 keeps an extent.
  package func expanded(_ shape: [Int]) throws -> Tensor { try Op.expand(.tensor(self), .ints(shape)) }

  /// Elements `range` of one dimension, without a copy.
  package func slice(_ dimension: Int, _ range: Range<Int>) throws -> Tensor {
    try Op.slice(.tensor(self), .int(dimension), .int(range.lowerBound), .int(range.upperBound))
  }

  /// Parts of the given extents along one dimension, without a copy.
  package func split(_ extents: [Int], along dimension: Int) throws -> [Tensor] {
    try Op.split.all(.tensor(self), .ints(extents), .int(dimension), capacity: extents.count)
  }

  /// Tensors end to end along one dimension.
  package static func concatenated(_ tensors: [Tensor], along dimension: Int) throws -> Tensor {
    try Op.cat(.tensors(tensors), .int(dimension))
  }

  /// Tensors of one shape side by side along a new dimension.
  package static func stacked(_ tensors: [Tensor], along dimension: Int) throws -> Tensor {
    try Op.stack(.tensors(tensors), .int(dimension))
  }

  /// Elements picked by Int64 `indices` along one dimension.
  package func gathered(_ dimension: Int, _ indices: Tensor) throws -> Tensor {
    try Op.gather(.tensor(self), .int(dimension), .tensor(indices))
  }

  /// A copy with `source` written at Int64 `indices` along one dimension.
  package func scattered(_ dimension: Int, _ indices: Tensor, _ source: Tensor) throws -> Tensor {
    try Op.scatter(.tensor(self), .int(dimension), .tensor(indices), .tensor(source))
  }

  /// A copy with `value` written at Int64 `indices` along one dimension.
  package func scattered(_ dimension: Int, _ indices: Tensor, value: Double) throws -> Tensor {
    try Op.scatterValue(.tensor(self), .int(dimension), .tensor(indices), .double(value))
  }

  /// Rows picked by a list of Int64 `indices` along one dimension.
  package func selected(_ dimension: Int, _ indices: Tensor) throws -> Tensor {
    try Op.indexSelect(.tensor(self), .int(dimension), .tensor(indices))
  }

  /// Places [n, rank] of the elements that are not 0, as Int64. On a device this waits for it.
  package func nonzero() throws -> Tensor { try Op.nonzero(.tensor(self)) }

}
