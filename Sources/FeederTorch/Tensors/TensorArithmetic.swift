/// Element by element, with broadcasting.
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

  package static func + (left: Tensor, right: Tensor) throws -> Tensor { try Op.add(.tensor(left), .tensor(right)) }
  package static func - (left: Tensor, right: Tensor) throws -> Tensor { try Op.sub(.tensor(left), .tensor(right)) }
  package static func * (left: Tensor, right: Tensor) throws -> Tensor { try Op.mul(.tensor(left), .tensor(right)) }
  package static func / (left: Tensor, right: Tensor) throws -> Tensor { try Op.div(.tensor(left), .tensor(right)) }
  package static func + (left: Tensor, right: Double) throws -> Tensor {
    try Op.addNumber(.tensor(left), .double(right))
  }
  package static func - (left: Tensor, right: Double) throws -> Tensor {
    try Op.addNumber(.tensor(left), .double(-right))
  }
  package static func * (left: Tensor, right: Double) throws -> Tensor {
    try Op.mulNumber(.tensor(left), .double(right))
  }
  package static func + (left: Tensor, right: Int) throws -> Tensor {
    try Op.addNumber(.tensor(left), .int(right))
  }
  package static func * (left: Tensor, right: Int) throws -> Tensor {
    try Op.mulNumber(.tensor(left), .int(right))
  }
  package static prefix func - (operand: Tensor) throws -> Tensor { try Op.neg(.tensor(operand)) }

  package func pow(_ exponent: Double) throws -> Tensor { try Op.pow(.tensor(self), .double(exponent)) }
  package func sqrt() throws -> Tensor { try Op.sqrt(.tensor(self)) }
  package func atan() throws -> Tensor { try Op.atan(.tensor(self)) }
  package func floor() throws -> Tensor { try Op.floor(.tensor(self)) }
  package func sigmoid() throws -> Tensor { try Op.sigmoid(.tensor(self)) }

  /// The smaller of two; at a tie the gradient goes to both in halves.
  package func minimum(_ other: Tensor) throws -> Tensor { try Op.minimum(.tensor(self), .tensor(other)) }
  /// The larger of two; at a tie the gradient goes to both in halves.
  package func maximum(_ other: Tensor) throws -> Tensor { try Op.maximum(.tensor(self), .tensor(other)) }
  /// Kept within bounds; the gradient passes at the bound itself.
  package func clamp(min: Double? = nil, max: Double? = nil) throws -> Tensor {
    try Op.clamp(.tensor(self), min.map(Argument.double) ?? .none, max.map(Argument.double) ?? .none)
  }

  package func greater(than value: Double) throws -> Tensor { try Op.gt(.tensor(self), .double(value)) }
  package func less(than value: Double) throws -> Tensor { try Op.lt(.tensor(self), .double(value)) }
  package func and(_ other: Tensor) throws -> Tensor { try Op.and(.tensor(self), .tensor(other)) }

  /// `yes` where the mask is set, `no` elsewhere.
  package func choose(_ yes: Tensor, _ no: Tensor) throws -> Tensor {
    try Op.whereTensor(.tensor(self), .tensor(yes), .tensor(no))
  }

}
