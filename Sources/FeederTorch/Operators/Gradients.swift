import CTorch

/// Recording for backward, gradients of leaves, autocast. The functions throw `EngineError` if torch refuses.
extension Tensor {
  /// True if backward reaches this tensor.
  package var requiresGradient: Bool { ct_requires_grad(handle) }

  /// Makes the tensor a leaf that collects gradients, or ends that. Only for leaves.
  package func setRequiresGradient(_ value: Bool = true) throws {
    try check(ct_set_requires_grad(handle, value), "requires_grad")
  }

  /// Runs backward from this tensor, which has one element: adds gradients to the leaves that it depends on.
  package func backward() throws { try check(ct_backward(handle), "backward") }

  /// The gradient of this leaf; nil if there is none. Shares memory with the leaf's gradient.
  package func gradient() throws -> Tensor? {
    var gradient: OpaquePointer?
    try check(ct_grad(handle, &gradient), "gradient")
    return gradient.map(Tensor.init(owning:))
  }

  /// Sets this leaf's gradient, which shares the memory of `gradient`; nil drops it.
  package func setGradient(_ gradient: Tensor?) throws {
    try check(ct_set_grad(handle, gradient?.handle), "setting a gradient")
  }

  /// Drops the gradient of this leaf.
  package func clearGradient() throws { try setGradient(nil) }
}

/// Runs `body` in this thread without recording for backward. Throws what `body` throws.
package func withoutGradients<R>(_ body: () throws -> R) rethrows -> R {
  let before = ct_set_grad_mode(false)
  defer { _ = ct_set_grad_mode(before) }
  return try body()
}

/// Runs `body` in this thread with autocast to `type`; nil means without autocast. The cache of converted weights is
/// dropped at the end. Throws what `body` throws, and `EngineError` if torch refuses.
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
