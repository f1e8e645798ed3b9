import FeederDetection
import FeederTorch

/// The rules by which weights are updated.
package enum OptimizerRule: String, Sendable {
  /// Stochastic gradient descent with Nesterov momentum.
  case sgd
  /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019). Betas: momentum and 0.999; epsilon: 1e-8.
  case adamw

  /// State numbers per learned number.
  var slotCount: Int { slots.count }

  /// Names of the state tensors of each parameter.
  fileprivate var slots: [String] {
    switch self {
    case .sgd: ["momentum"]
    case .adamw: ["average", "square"]
    }
  }
}

/// Updates the learned tensors of a model in three groups: convolution weights (with decay), norm scales, and biases
/// (with their own rate during warm-up). One foreach call per group and operation.
package final class Optimizer {
  private struct Group {
    let parameters: [StateEntry]
    let decay: Double
    let isBias: Bool
    var state: [[Tensor]]
    var tensors: [Tensor] { parameters.map(\.tensor) }
  }

  private static let secondBeta = 0.999
  private static let epsilon = 1e-8

  /// The update rule.
  package let rule: OptimizerRule
  /// Updates so far. AdamW needs it to correct the bias of its averages.
  package private(set) var updateCount = 0
  private var groups: [Group]

  /// An optimizer of the learned entries of `state`. `weightDecay` applies only to convolution weights. Throws
  /// `EngineError`.
  package init(_ rule: OptimizerRule, state: [StateEntry], weightDecay: Double) throws {
    self.rule = rule
    groups = try [StateKind.convolution, .normScale, .bias].map { kind in
      let parameters = state.filter { $0.kind == kind }
      return Group(
        parameters: parameters, decay: kind == .convolution ? weightDecay : 0, isBias: kind == .bias,
        state: try rule.slots.map { _ in try parameters.map { try $0.tensor.zerosLike() } })
    }
  }

  /// All learned tensors.
  package var parameters: [Tensor] { groups.flatMap(\.tensors) }

  /// One update from the parameters' gradients, without recording for backward. Throws `EngineError`.
  package func step(_ point: LearningRateSchedule.Point) throws {
    updateCount += 1
    try withoutGradients {
      for group in groups where !group.parameters.isEmpty {
        let gradients = try group.parameters.map { entry in
          try entry.tensor.gradient() ?? entry.tensor.zerosLike()
        }
        let rate = group.isBias ? point.biasRate : point.weightRate
        switch rule {
        case .sgd: try stepSGD(group, gradients, rate: rate, momentum: point.momentum)
        case .adamw: try stepAdamW(group, gradients, rate: rate, firstBeta: point.momentum)
        }
      }
    }
  }

  private func stepSGD(_ group: Group, _ gradients: [Tensor], rate: Double, momentum: Double) throws {
    let (weights, buffers) = (group.tensors, group.state[0])
    if group.decay != 0 { try Foreach.add(gradients, weights, scale: group.decay) }
    // The first momentum should be the gradient itself. Buffers of zeros give that.
    try Foreach.multiply(buffers, by: momentum)
    try Foreach.add(buffers, gradients)
    try Foreach.add(gradients, buffers, scale: momentum)
    try Foreach.add(weights, gradients, scale: -rate)
  }

  private func stepAdamW(_ group: Group, _ gradients: [Tensor], rate: Double, firstBeta: Double) throws {
    let (weights, averages, squares) = (group.tensors, group.state[0], group.state[1])
    if group.decay != 0 { try Foreach.multiply(weights, by: 1 - rate * group.decay) }
    try Foreach.lerp(averages, towards: gradients, weight: 1 - firstBeta)
    try Foreach.multiply(squares, by: Self.secondBeta)
    try Foreach.addProduct(squares, gradients, gradients, scale: 1 - Self.secondBeta)
    let firstCorrection = 1 - power(firstBeta, updateCount)
    let secondCorrection = (1 - power(Self.secondBeta, updateCount)).squareRoot()
    let denominators = try Foreach.squareRoots(squares)
    try Foreach.divide(denominators, by: secondCorrection)
    try Foreach.add(denominators, Self.epsilon)
    try Foreach.addQuotient(weights, averages, denominators, scale: -rate / firstCorrection)
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  /// Drops all gradients. Throws `EngineError`.
  package func clearGradients() throws {
    for tensor in parameters { try tensor.clearGradient() }
  }

  /// Scales all gradients down so that their common norm is at most `largest`. Returns the norm before that, a scalar
  /// [] on the device. Throws `EngineError`.
  package func clipGradients(to largest: Double) throws -> Tensor {
    try withoutGradients {
      let gradients = try parameters.compactMap { try $0.gradient() }
      let norms = try Tensor.stacked(Foreach.norms(gradients), along: 0)
      let norm = try norms.pow(2).sum().sqrt()
      let factor = try (Tensor.full([], largest, device: norm.device) / (norm + 1e-6)).clamp(max: 1)
      try Foreach.multiply(gradients, by: factor)
      return norm
    }
  }

  /// The state that a resume needs, as slot name, dot and parameter name.
  package var state: [(name: String, tensor: Tensor)] {
    groups.flatMap { group in
      zip(rule.slots, group.state).flatMap { slot, tensors in
        zip(group.parameters, tensors).map { (name: "\(slot).\($0.name)", tensor: $1) }
      }
    }
  }

  /// Continues after `updateCount` updates. The caller overwrites the tensors of `state`.
  package func restore(updateCount: Int) { self.updateCount = updateCount }
}
