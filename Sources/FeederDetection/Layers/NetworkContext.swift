import FeederTorch

/// The state that all convolutions of one network share, besides their tensors.
final class NetworkContext {
  /// The batch statistics of several processes.
  let statistics = SharedStatistics()
  /// Called with the weight and the output of every convolution; nil if nothing observes them.
  var observe: ((_ weight: Tensor, _ output: Tensor) throws -> Void)?
}

extension DetectionNetwork {
  /// Runs `body`, and meanwhile calls `observe` with the output of every convolution and its layer's published name,
  /// such as `model.9.cv2.conv`, in the order of the forward pass. Throws what `body` and `observe` throw.
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

  /// From now on, norms in training use the images of all processes of `group`, which must call the network together.
  /// Without a group, this process uses the same computation alone.
  package func shareStatistics(over group: ProcessGroup?) {
    context.statistics.isOn = true
    context.statistics.group = group
  }
}
