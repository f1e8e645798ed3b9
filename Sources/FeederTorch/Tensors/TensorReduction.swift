/// Reductions and matrix products. A reduced dimension disappears, or keeps extent 1 if `keep` is true. All throw
/// `EngineError` if torch refuses.
extension Tensor {
  private enum Op {
    static let sum = Operator("sum")
    static let sumDim = Operator("sum", "dim_IntList")
    static let mean = Operator("mean", "dim")
    static let amax = Operator("amax")
    static let argmax = Operator("argmax")
    static let topk = Operator("topk")
    static let softmax = Operator("softmax", "int")
    static let logSoftmax = Operator("log_softmax", "int")
    static let matmul = Operator("matmul")
    static let isFinite = Operator("isfinite")
    static let all = Operator("all")
  }

  /// True if every element is finite. Waits for the device.
  package func allFinite() throws -> Bool { try Op.all(.tensor(Op.isFinite(.tensor(self)))).item() != 0 }

  /// The sum of all elements, a tensor of shape [].
  package func sum() throws -> Tensor { try Op.sum(.tensor(self)) }

  /// Sums over `dimensions`.
  package func sum(_ dimensions: [Int], keep: Bool = false) throws -> Tensor {
    try Op.sumDim(.tensor(self), .ints(dimensions), .bool(keep))
  }

  /// Means over `dimensions`.
  package func mean(_ dimensions: [Int], keep: Bool = false) throws -> Tensor {
    try Op.mean(.tensor(self), .ints(dimensions), .bool(keep))
  }

  /// The largest elements along one dimension.
  package func largest(_ dimension: Int, keep: Bool = false) throws -> Tensor {
    try Op.amax(.tensor(self), .ints([dimension]), .bool(keep))
  }

  /// Indices (Int64) of the largest elements along one dimension, which disappears.
  package func argmax(_ dimension: Int) throws -> Tensor { try Op.argmax(.tensor(self), .int(dimension)) }

  /// The `count` largest elements along one dimension, falling, and their indices (Int64).
  package func topk(_ count: Int, _ dimension: Int) throws -> (values: Tensor, indices: Tensor) {
    let both = try Op.topk.all(.tensor(self), .int(count), .int(dimension))
    return (both[0], both[1])
  }

  /// The softmax along one dimension, computed as float32.
  package func softmax(_ dimension: Int) throws -> Tensor {
    try Op.softmax(.tensor(self), .int(dimension), .type(.float32))
  }

  /// The logarithm of the softmax along one dimension, computed as float32.
  package func logSoftmax(_ dimension: Int) throws -> Tensor {
    try Op.logSoftmax(.tensor(self), .int(dimension), .type(.float32))
  }

  /// The matrix product: [..., n, k] times [..., k, m] gives [..., n, m].
  package func matmul(_ other: Tensor) throws -> Tensor { try Op.matmul(.tensor(self), .tensor(other)) }
}
