/// Operators on lists of tensors in one call, for optimizers and averages. Unless noted, they change their first list
/// in place, and two lists must have equal shapes. They throw `EngineError` if torch refuses.
package enum Foreach {
  private enum Op {
    static let mulScalar = Operator("_foreach_mul_", "Scalar")
    static let mulTensor = Operator("_foreach_mul_", "Tensor")
    static let addList = Operator("_foreach_add_", "List")
    static let lerp = Operator("_foreach_lerp_", "Scalar")
    static let addcmul = Operator("_foreach_addcmul_", "Scalar")
    static let addcdiv = Operator("_foreach_addcdiv_", "Scalar")
    static let norm = Operator("_foreach_norm", "Scalar")
    static let sqrt = Operator("_foreach_sqrt")
    static let addScalar = Operator("_foreach_add_", "Scalar")
    static let divScalar = Operator("_foreach_div_", "Scalar")
    static let copy = Operator("_foreach_copy_")
    static let unscale = Operator("_amp_foreach_non_finite_check_and_unscale_")
  }

  /// list *= factor.
  package static func multiply(_ list: [Tensor], by factor: Double) throws {
    try Op.mulScalar.run(.tensors(list), .double(factor))
  }

  /// list *= factor, for a tensor with one element. Does not wait for its value.
  package static func multiply(_ list: [Tensor], by factor: Tensor) throws {
    try Op.mulTensor.run(.tensors(list), .tensor(factor))
  }

  /// list += scale * other.
  package static func add(_ list: [Tensor], _ other: [Tensor], scale: Double = 1) throws {
    try Op.addList.run(.tensors(list), .tensors(other), .double(scale))
  }

  /// list += weight * (other - list).
  package static func lerp(_ list: [Tensor], towards other: [Tensor], weight: Double) throws {
    try Op.lerp.run(.tensors(list), .tensors(other), .double(weight))
  }

  /// list += scale * a * b.
  package static func addProduct(_ list: [Tensor], _ a: [Tensor], _ b: [Tensor], scale: Double) throws {
    try Op.addcmul.run(.tensors(list), .tensors(a), .tensors(b), .double(scale))
  }

  /// list += scale * a / b.
  package static func addQuotient(_ list: [Tensor], _ a: [Tensor], _ b: [Tensor], scale: Double) throws {
    try Op.addcdiv.run(.tensors(list), .tensors(a), .tensors(b), .double(scale))
  }

  /// list /= divisor.
  package static func divide(_ list: [Tensor], by divisor: Double) throws {
    try Op.divScalar.run(.tensors(list), .double(divisor))
  }

  /// list += number.
  package static func add(_ list: [Tensor], _ number: Double) throws {
    try Op.addScalar.run(.tensors(list), .double(number))
  }

  /// list += number, for lists of integers.
  package static func add(_ list: [Tensor], _ number: Int) throws {
    try Op.addScalar.run(.tensors(list), .int(number))
  }

  /// Square roots, as new tensors.
  package static func squareRoots(_ list: [Tensor]) throws -> [Tensor] {
    try Op.sqrt.all(.tensors(list), capacity: list.count)
  }

  /// Euclidean norms, one tensor with one element per tensor of the list.
  package static func norms(_ list: [Tensor]) throws -> [Tensor] {
    try Op.norm.all(.tensors(list), .double(2), capacity: list.count)
  }

  /// list = other.
  package static func copy(_ list: [Tensor], from other: [Tensor]) throws {
    try Op.copy.run(.tensors(list), .tensors(other))
  }

  /// list *= inverseScale, and foundInfinity = 1 if an element is not finite. Both are float32 tensors with one
  /// element.
  static func unscale(_ list: [Tensor], foundInfinity: Tensor, inverseScale: Tensor) throws {
    try Op.unscale.run(.tensors(list), .tensor(foundInfinity), .tensor(inverseScale))
  }
}
