import FeederTorch

/// Batch norm over the images of several processes, with common statistics and gradients through them.
///
/// It computes in float64, so N processes get the result of one. Torch's own norm on the CPU has an error of up to 1e-5
/// of its output for channels-last images with a mean far from 0; over fifty layers this becomes 1 % of the gradients.
final class SharedStatistics {
  /// True if the network's norms use this computation; false if each process norms its own images.
  var isOn = false
  /// The processes; nil for one process alone.
  var group: ProcessGroup?

  /// Norms `x` [B, C, H, W] by mean and variance over the images of all processes, then scales and shifts it. The
  /// result has the type of `x`. The running statistics are updated as in one process. A process without images must
  /// take part. Throws `EngineError` if an operator or the group fails.
  func norm(
    _ x: Tensor, scale: Tensor, bias: Tensor, runningMean: Tensor, runningVariance: Tensor
  ) throws -> Tensor {
    let wide = try x.to(.float64)
    let channels = x.extent(1)
    func perChannel(_ tensor: Tensor) throws -> Tensor { try tensor.reshaped([1, channels, 1, 1]) }
    let ownCount = try Tensor([Double(x.extent(0) * x.extent(2) * x.extent(3))], shape: [1]).to(x.device)
    let sums = try summed(.concatenated([wide.sum([0, 2, 3]), ownCount], along: 0)).split([channels, 1], along: 0)
    let count = sums[1]
    let mean = try sums[0] / count
    let distance = try wide - perChannel(mean)
    let variance = try summed((distance * distance).sum([0, 2, 3])) / count
    try withoutGradients {
      let unbiased = try variance.detach() * (count / (count - 1).clamp(min: 1))
      try Foreach.lerp(
        [runningMean, runningVariance], towards: [mean.detach().to(.float32), unbiased.to(.float32)],
        weight: ConvolutionBlock.momentum)
    }
    let factor = try (variance + ConvolutionBlock.epsilon).pow(-0.5) * scale
    return try (distance * perChannel(factor) + perChannel(bias)).to(x.type)
  }

  private func summed(_ tensor: Tensor) throws -> Tensor { try group?.summed(tensor) ?? tensor }
}
