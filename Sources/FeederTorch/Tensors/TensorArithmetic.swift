/// Element-wise operators. Shapes broadcast as in torch: extents must be equal or 1, aligned at the last dimension. All
/// throw `EngineError` if they do not fit.
extension Tensor {
  private enum Op {
    static let add = Operator("add", "Tensor")
    static let sub = Operator("sub", "Tensor")
    static let mul = Operator("mul", "Tensor")
    static let div = Operator("div", "Tensor")
    static let addNumber = Operator("add", "Scalar")
    static let mulNumber = Operator("mul", "Scalar")
    static let pow = Operator("pow", "Tensor_Scalar")
    static let neg = Operator("neg")
    static let sqrt = Operator("sqrt")
    static let atan = Operator("atan")
    static let floor = Operator("floor")
    static let sigmoid = Operator("sigmoid")
    static let minimum = Operator("minimum")
    static let maximum = Operator("maximum")
    static let clamp = Operator("clamp")
    static let gt = Operator("gt", "Scalar")
    static let lt = Operator("lt", "Scalar")
    static let and = Operator("logical_and")
    static let whereTensor = Operator("where", "self")
  }

  /// The sum of two tensors.
  package static func + (left: Tensor, right: Tensor) throws -> Tensor { try Op.add(.tensor(left), .tensor(right)) }
  /// The difference of two tensors.
  package static func - (left: Tensor, right: Tensor) throws -> Tensor { try Op.sub(.tensor(left), .tensor(right)) }
  /// The product of two tensors.
  package static func * (left: Tensor, right: Tensor) throws -> Tensor { try Op.mul(.tensor(left), .tensor(right)) }
  /// The quotient of two tensors.
  package static func / (left: Tensor, right: Tensor) throws -> Tensor { try Op.div(.tensor(left), .tensor(right)) }
  /// Adds `right` to every element.
  package static func + (left: Tensor, right: Double) throws -> Tensor {
    try Op.addNumber(.tensor(left), .double(right))
  }
  /// Subtracts `right` from every element.
  package static func - (left: Tensor, right: Double) throws -> Tensor {
    try Op.addNumber(.tensor(left), .double(-right))
  }
  /// Multiplies every element by `right`.
  package static func * (left: Tensor, right: Double) throws -> Tensor {
    try Op.mulNumber(.tensor(left), .double(right))
  }
  /// Adds `right` to every element, and keeps an integer type.
  package static func + (left: Tensor, right: Int) throws -> Tensor {
    try Op.addNumber(.tensor(left), .int(right))
  }
  /// Multiplies every element by `right`, and keeps an integer type.
  package static func * (left: Tensor, right: Int) throws -> Tensor {
    try Op.mulNumber(.tensor(left), .int(right))
  }
  /// The negative of every element.
  package static prefix func - (operand: Tensor) throws -> Tensor { try Op.neg(.tensor(operand)) }

  /// Every element to the power `exponent`.
  package func pow(_ exponent: Double) throws -> Tensor { try Op.pow(.tensor(self), .double(exponent)) }
  /// The square root of every element.
  package func sqrt() throws -> Tensor { try Op.sqrt(.tensor(self)) }
  /// The arc tangent of every element, in radians.
  package func atan() throws -> Tensor { try Op.atan(.tensor(self)) }
  /// The largest whole number up to every element.
  package func floor() throws -> Tensor { try Op.floor(.tensor(self)) }
  /// The logistic function of every element: 1 / (1 + exp(-x)).
  package func sigmoid() throws -> Tensor { try Op.sigmoid(.tensor(self)) }

  /// The smaller of two elements. If they are equal, each gets half of the gradient.
  package func minimum(_ other: Tensor) throws -> Tensor { try Op.minimum(.tensor(self), .tensor(other)) }
  /// The larger of two elements. If they are equal, each gets half of the gradient.
  package func maximum(_ other: Tensor) throws -> Tensor { try Op.maximum(.tensor(self), .tensor(other)) }
  /// Every element limited to `min` and `max`. The gradient passes at the limits themselves.
  package func clamp(min: Double? = nil, max: Double? = nil) throws -> Tensor {
    try Op.clamp(.tensor(self), min.map(Argument.double) ?? .none, max.map(Argument.double) ?? .none)
  }

  /// True for elements above `value`: a bool tensor of this shape.
  package func greater(than value: Double) throws -> Tensor { try Op.gt(.tensor(self), .double(value)) }
  /// True for elements below `value`: a bool tensor of this shape.
  package func less(than value: Double) throws -> Tensor { try Op.lt(.tensor(self), .double(value)) }
  /// True if both elements are true: a bool tensor.
  package func and(_ other: Tensor) throws -> Tensor { try Op.and(.tensor(self), .tensor(other)) }

  /// `yes` for elements of this mask that are true, `no` for the others.
  package func choose(_ yes: Tensor, _ no: Tensor) throws -> Tensor {
    try Op.whereTensor(.tensor(self), .tensor(yes), .tensor(no))
  }

}
