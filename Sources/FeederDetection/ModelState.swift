import FeederTorch

/// The role of an entry of a model's state. It decides weight decay, learning rate and EMA.
package enum StateKind: Sendable {
  /// Weight of a convolution: learned, with weight decay.
  case convolution
  /// Scale of a norm: learned, without decay.
  case normScale
  /// Bias of a norm or convolution: learned, without decay, with its own warm-up rate.
  case bias
  /// Running mean or variance of a norm: not learned, in the EMA.
  case runningStatistic
  /// Count of training batches: an integer, not in the EMA.
  case counter
  /// Constant by design.
  case fixed

  /// True if the optimizer updates the entry.
  package var isLearned: Bool {
    switch self {
    case .convolution, .normScale, .bias: true
    case .runningStatistic, .counter, .fixed: false
    }
  }
}

/// One named tensor of a model, with the names of the published YOLOv8 checkpoints (`model.0.conv.weight`).
package struct StateEntry {
  /// The published name.
  package let name: String
  /// The role of the tensor.
  package let kind: StateKind
  /// The tensor itself, not a copy.
  package let tensor: Tensor

  /// An entry called `name`.
  package init(name: String, kind: StateKind, tensor: Tensor) {
    self.name = name
    self.kind = kind
    self.tensor = tensor
  }
}

/// A part of the network with its own state.
protocol Layer {
  /// The entries of the layer and its parts, in published order. Names start with `prefix` and a point.
  func state(under prefix: String) -> [StateEntry]
}
