import CTorch

/// Recording for backward, gradients of leaves, autocast.
extension Tensor {
  /// Whether backward reaches this tensor. Setting it is for leaves only.
  package var requiresGradient: Bool { ct_requires_grad(handle) }

  /// Makes the tensor a leaf that collects gradients, or not.
  package func setRequiresGradient(_ value: Bool = true) throws {
    try check(ct_set_requires_grad(handle, value), "requires_grad")
  }

  /// Adds gradients of this one-element tensor to the leaves that it was made from.
  package func backward() throws { try check(ct_backward(handle), "backward") }

  /// The gradient collected in this leaf, or nil. It shares memory with the leaf's own gradient.
  package func gradient() throws -> Tensor? {
    var gradient: OpaquePointer?
    try check(ct_grad(handle, &gradient), "gradient")
    return gradient.map(Tensor.init(owning:))
  }

  /// Makes `gradient` this leaf's gradient, sharing its memory; nil drops it.
  package func setGradient(_ gradient: Tensor?) throws {
    try check(ct_set_grad(handle, gradient?.handle), "setting a gradient")
  }

  /// Drops the gradient of this leaf.
  package func clearGradient() throws { try setGradient(nil) }
}

/// Runs `body` without recording for backward, in this thread.
package func withoutGradients<R>(_ body: () throws -> R) rethrows -> R {
  let before = ct_set_grad_mode(false)
  defer { _ = ct_set_grad_mode(before) }
  return try body()
}

/// Runs `body` with autocast to `type` in this thread; nil runs it as it is. The cache of cast weights is dropped at the end.
package func withAutocast<R>(_ type: ElementType?, on device: Device, _ body: () throws -> R) throws -> R {
  guard let type else { return try body() }
  let isCUDA = device != .cpu
  try check(ct_set_autocast(isCUDA, true, type.rawValue), "autocast")
  let result: R
  do {
    result = try body()
  } catch {
    _ = ct_set_autocast(isCUDA, false, type.rawValue)
    throw error
  }
  try check(ct_set_autocast(isCUDA, false, type.rawValue), "autocast")
  return result
}
