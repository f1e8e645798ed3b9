import FeederTorch

/// What all convolutions of one network share beside their tensors.
final class NetworkContext {
  /// How norms in training get company.
  let statistics = SharedStatistics()
  /// Sees the weight and the output of every convolution, where somebody looks.
  var observe: ((_ weight: Tensor, _ output: Tensor) throws -> Void)?
}

extension DetectionNetwork {
  /// Runs `body`; while it does, `observe` sees the output of every convolution by its layer's published name, as in
  /// `model.9.cv2.conv`, in the order of the forward pass.
  package func observing<R>(
    _ observe: @escaping (_ layer: String, _ output: Tensor) throws -> Void, _ body: () throws -> R
  ) rethrows -> R {
    let names = Dictionary(
      uniqueKeysWithValues: state.filter { $0.kind == .convolution }.map {
        (ObjectIdentifier($0.tensor), String($0.name.dropLast(".weight".count)))
      })
    context.observe = { weight, output in
      if let name = names[ObjectIdentifier(weight)] { try observe(name, output) }
    }
    defer { context.observe = nil }
    return try body()
  }

  /// From now on, norms in training use the images of all processes of `group`, which call the network together, or without one
  /// compute alone as they would in a group.
  package func shareStatistics(over group: ProcessGroup?) {
    context.statistics.isOn = true
    context.statistics.group = group
  }
}
