/// Dynamic loss scaling (Micikevicius et al., "Mixed precision training", 2018, section 3.2): the loss is multiplied so that
/// small gradients survive in half precision; a step with an infinite or undefined gradient is skipped and the scale falls.
package final class LossScaler {
  private enum Op {
    static let update = Operator("_amp_update_scale_")
    static let reciprocal = Operator("reciprocal")
  }

  /// What the scaler starts with and how it moves; the defaults are torch's own.
  package struct Settings: Sendable {
    /// Scale of the first step.
    package var initialScale = 65536.0
    /// Multiplies the scale after `growthInterval` finite steps.
    package var growthFactor = 2.0
    /// Multiplies the scale after a step that was skipped.
    package var backoffFactor = 0.5
    /// Finite steps in a row that make the scale grow.
    package var growthInterval = 2000

    /// Torch's defaults.
    package init() {}
  }

  private let settings: Settings
  /// The scale: float32, one element.
  package let scale: Tensor
  /// Finite steps since the scale last moved: int32, one element.
  package let growthTracker: Tensor
  private let foundInfinity: Tensor

  /// A scaler at its initial scale on `device`.
  package init(_ settings: Settings = Settings(), device: Device = .cpu) throws {
    self.settings = settings
    scale = try Tensor.full([1], settings.initialScale, device: device)
    growthTracker = try Tensor.zeros([1], type: .int32, device: device)
    foundInfinity = try Tensor.zeros([1], device: device)
  }

  /// The loss times the scale.
  package func scaled(_ loss: Tensor) throws -> Tensor { try loss * scale }

  /// Takes the scale out of `gradients` in place; true where one of them is not finite and the step must be skipped.
  package func unscale(_ gradients: [Tensor]) throws -> Bool {
    try foundInfinity.zero()
    let inverse = try Op.reciprocal(.tensor(scale))
    try Foreach.unscale(gradients, foundInfinity: foundInfinity, inverseScale: inverse)
    return try foundInfinity.item() != 0
  }

  /// Moves the scale after a step, by what the last `unscale` found.
  package func update() throws {
    try Op.update.run(
      .tensor(scale), .tensor(growthTracker), .tensor(foundInfinity), .double(settings.growthFactor),
      .double(settings.backoffFactor), .int(settings.growthInterval))
  }
}
