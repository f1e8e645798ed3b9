/// Other shapes, parts and combinations of tensors. All throw `EngineError` if the shapes do not fit.
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

  /// The same numbers in `shape`; one extent may be -1, which is computed. Copies only if necessary.
  package func reshaped(_ shape: [Int]) throws -> Tensor { try Op.reshape(.tensor(self), .ints(shape)) }
  /// The tensor with dimensions `a` and `b` exchanged, without a copy.
  package func transposed(_ a: Int, _ b: Int) throws -> Tensor { try Op.transpose(.tensor(self), .int(a), .int(b)) }
  /// The tensor with a new dimension of extent 1 at `dimension`, without a copy.
  package func unsqueezed(_ dimension: Int) throws -> Tensor { try Op.unsqueeze(.tensor(self), .int(dimension)) }
  /// The tensor without `dimension`, which must have extent 1, without a copy.
  package func squeezed(_ dimension: Int) throws -> Tensor { try Op.squeeze(.tensor(self), .int(dimension)) }

  /// Repeats dimensions of extent 1 to `shape`, without a copy; -1 keeps an extent.
  package func expanded(_ shape: [Int]) throws -> Tensor { try Op.expand(.tensor(self), .ints(shape)) }

  /// The elements `range` of one dimension, without a copy.
  package func slice(_ dimension: Int, _ range: Range<Int>) throws -> Tensor {
    try Op.slice(.tensor(self), .int(dimension), .int(range.lowerBound), .int(range.upperBound))
  }

  /// Parts with the given extents along one dimension, without a copy.
  package func split(_ extents: [Int], along dimension: Int) throws -> [Tensor] {
    try Op.split.all(.tensor(self), .ints(extents), .int(dimension), capacity: extents.count)
  }

  /// The tensors joined end to end along one dimension.
  package static func concatenated(_ tensors: [Tensor], along dimension: Int) throws -> Tensor {
    try Op.cat(.tensors(tensors), .int(dimension))
  }

  /// Tensors of one shape, stacked along a new dimension.
  package static func stacked(_ tensors: [Tensor], along dimension: Int) throws -> Tensor {
    try Op.stack(.tensors(tensors), .int(dimension))
  }

  /// The elements at Int64 `indices` along one dimension; the result has the shape of `indices`.
  package func gathered(_ dimension: Int, _ indices: Tensor) throws -> Tensor {
    try Op.gather(.tensor(self), .int(dimension), .tensor(indices))
  }

  /// A copy with the elements of `source` written to Int64 `indices` along one dimension.
  package func scattered(_ dimension: Int, _ indices: Tensor, _ source: Tensor) throws -> Tensor {
    try Op.scatter(.tensor(self), .int(dimension), .tensor(indices), .tensor(source))
  }

  /// A copy with `value` written to Int64 `indices` along one dimension.
  package func scattered(_ dimension: Int, _ indices: Tensor, value: Double) throws -> Tensor {
    try Op.scatterValue(.tensor(self), .int(dimension), .tensor(indices), .double(value))
  }

  /// The rows at Int64 `indices` [n] along one dimension.
  package func selected(_ dimension: Int, _ indices: Tensor) throws -> Tensor {
    try Op.indexSelect(.tensor(self), .int(dimension), .tensor(indices))
  }

  /// Indices [n, rank] of the elements that are not 0, as Int64. Waits for the device.
  package func nonzero() throws -> Tensor { try Op.nonzero(.tensor(self)) }

}
