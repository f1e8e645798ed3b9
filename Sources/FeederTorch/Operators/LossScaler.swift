/// Dynamic loss scaling (Micikevicius et al., "Mixed precision training", 2018, section 3.2). The loss is multiplied by
/// a scale, so small gradients do not vanish in half precision. A step with an infinite or NaN gradient is skipped, and
/// the scale falls. All functions throw `EngineError` if torch refuses.
package final class LossScaler {
  private enum Op {
    static let update = Operator("_amp_update_scale_")
    static let reciprocal = Operator("reciprocal")
  }

  /// The initial scale and the rules of its changes; the defaults are torch's.
  package struct Settings: Sendable {
    /// Scale of the first step.
    package var initialScale = 65536.0
    /// Factor on the scale after `growthInterval` finite steps.
    package var growthFactor = 2.0
    /// Factor on the scale after a skipped step.
    package var backoffFactor = 0.5
    /// Finite steps in a row after which the scale grows.
    package var growthInterval = 2000

    /// Torch's defaults.
    package init() {}
  }

  private let settings: Settings
  /// The scale: float32, one element.
  package let scale: Tensor
  /// Finite steps since the last change of the scale: int32, one element.
  package let growthTracker: Tensor
  private let foundInfinity: Tensor

  /// A scaler with its initial scale on `device`.
  package init(_ settings: Settings = Settings(), device: Device = .cpu) throws {
    self.settings = settings
    scale = try Tensor.full([1], settings.initialScale, device: device)
    growthTracker = try Tensor.zeros([1], type: .int32, device: device)
    foundInfinity = try Tensor.zeros([1], device: device)
  }

  /// The loss times the scale.
  package func scaled(_ loss: Tensor) throws -> Tensor { try loss * scale }

  /// Divides `gradients` by the scale, in place. True if one is not finite and the step must be skipped. Waits for the
  /// device.
  package func unscale(_ gradients: [Tensor]) throws -> Bool {
    try foundInfinity.zero()
    let inverse = try Op.reciprocal(.tensor(scale))
    try Foreach.unscale(gradients, foundInfinity: foundInfinity, inverseScale: inverse)
    return try foundInfinity.item() != 0
  }

  /// Updates the scale after a step, by the result of the last `unscale`.
  package func update() throws {
    try Op.update.run(
      .tensor(scale), .tensor(growthTracker), .tensor(foundInfinity), .double(settings.growthFactor),
      .double(settings.backoffFactor), .int(settings.growthInterval))
  }
}
