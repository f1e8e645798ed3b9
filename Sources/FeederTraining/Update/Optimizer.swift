import FeederDetection
import FeederTorch

/// The two rules that move weights.
package enum OptimizerRule: String, Sendable {
  /// Stochastic gradient descent with Nesterov momentum.
  case sgd
  /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019); betas: momentum and 0.999, epsilon 1e-8.
  case adamw

  /// Numbers that it keeps for each learned one.
  var slotCount: Int { slots.count }

  /// Names of the state that each parameter carries.
  fileprivate var slots: [String] {
    switch self {
    case .sgd: ["momentum"]
    case .adamw: ["average", "square"]
    }
  }
}

/// Moves the learned tensors of a model along their gradients, in three groups: convolution weights (with decay), norm scales,
/// and biases (with a rate of their own during warm-up). One foreach call a group and operation.
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

  /// Which rule it follows.
  package let rule: OptimizerRule
  /// Updates done so far; AdamW corrects its averages by it.
  package private(set) var updateCount = 0
  private var groups: [Group]

  /// An optimizer of the learned entries of `state`; `weightDecay` acts on convolution weights alone.
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

  /// One update from the gradients in the parameters. Runs without recording.
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
    // The first buffer is the gradient itself: with buffers at 0 that is what the same line gives.
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

  /// Drops all gradients.
  package func clearGradients() throws {
    for tensor in parameters { try tensor.clearGradient() }
  }

  /// Scales all gradients down so that their common norm is at most `largest`; returns the norm before, still on the device.
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

  /// What resume needs, by parameter name and slot.
  package var state: [(name: String, tensor: Tensor)] {
    groups.flatMap { group in
      zip(rule.slots, group.state).flatMap { slot, tensors in
        zip(group.parameters, tensors).map { (name: "\(slot).\($0.name)", tensor: $1) }
      }
    }
  }

  /// Goes on after `updateCount` updates; the tensors of `state` are overwritten by the caller.
  package func restore(updateCount: Int) { self.updateCount = updateCount }
}
