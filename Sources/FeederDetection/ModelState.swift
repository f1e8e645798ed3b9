import FeederTorch

/// What an entry of a model's state is for; decides weight decay, rates and averaging.
package enum StateKind: Sendable {
  /// Weight of a convolution: learned, with weight decay.
  case convolution
  /// Scale of a norm: learned, without decay.
  case normScale
  /// Bias of a norm or convolution: learned, without decay, with a warm-up rate of its own.
  case bias
  /// Running mean or variance of a norm: not learned, averaged.
  case runningStatistic
  /// Count of training batches: an integer, not averaged.
  case counter
  /// Fixed by construction.
  case fixed

  /// True for what the optimizer moves.
  package var isLearned: Bool {
    switch self {
    case .convolution, .normScale, .bias: true
    case .runningStatistic, .counter, .fixed: false
    }
  }
}

/// One named tensor of a model, by the names of the published YOLOv8 checkpoints (`model.0.conv.weight`).
package struct StateEntry {
  /// The published name.
  package let name: String
  /// What it is for.
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

/// A part of the network that has state of its own.
protocol Layer {
  /// The entries of the layer and its parts, in the published order; names start with `prefix` and a point.
  func state(under prefix: String) -> [StateEntry]
}
