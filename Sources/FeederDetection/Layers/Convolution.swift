import FeederCore
import FeederTorch

/// Makes a network's tensors on its device. Each random tensor has its own stream, so its values depend only on the
/// seed and its position in the network.
final class WeightSource {
  private let seed: UInt64
  private let device: Device
  private var drawnCount = 0
  /// The state that the network's convolutions share.
  let context = NetworkContext()

  init(seed: UInt64, device: Device) {
    self.seed = seed
    self.device = device
  }

  /// Uniform in ±1 / sqrt(`fanIn`), the initial values of torch's Conv2d (Kaiming uniform with a = sqrt(5); He et al.,
  /// 2015). Convolution weights are channels-last, as the images are. Throws `EngineError` if memory is missing.
  func uniform(_ shape: [Int], fanIn: Int) throws -> Tensor {
    var random = CounterRandom(seed: seed, index: drawnCount, purpose: .weights)
    drawnCount += 1
    let bound = 1 / Double(fanIn).squareRoot()
    let values = (0..<shape.reduce(1, *)).map { _ in Float(random.uniform(-bound, bound)) }
    let tensor = try Tensor(values, shape: shape).to(device)
    return try tensor.contiguous(shape.count == 4 ? .channelsLast : .contiguous)
  }

  /// A tensor with `value` in every element. Throws `EngineError` if memory is missing.
  func full(_ shape: [Int], _ value: Double, type: ElementType = .float32) throws -> Tensor {
    try Tensor.full(shape, value, type: type, device: device)
  }
}

/// A 1 x 1 convolution with a bias, the last layer of each branch of the head.
package final class Convolution: Layer {
  /// The weight [outputs, inputs, 1, 1].
  package let weight: Tensor
  /// The bias [outputs].
  package let bias: Tensor
  private let context: NetworkContext

  init(_ inputCount: Int, _ outputCount: Int, _ source: WeightSource) throws {
    context = source.context
    weight = try source.uniform([outputCount, inputCount, 1, 1], fanIn: inputCount)
    bias = try source.uniform([outputCount], fanIn: inputCount)
  }

  /// [B, inputs, H, W] to [B, outputs, H, W]. Throws `EngineError` if an operator fails.
  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let x = try x.conv2d(weight, bias: bias)
    try context.observe?(weight, x)
    return x
  }

  func state(under prefix: String) -> [StateEntry] {
    [
      StateEntry(name: prefix + ".weight", kind: .convolution, tensor: weight),
      StateEntry(name: prefix + ".bias", kind: .bias, tensor: bias),
    ]
  }
}

/// Convolution, batch norm and SiLU, the basic block of YOLOv8. Padding keeps the size at stride 1.
package final class ConvolutionBlock: Layer {
  /// The norm's epsilon in the published network.
  package static let epsilon = 1e-3
  /// The weight of a new batch in the running statistics of the published network.
  static let momentum = 0.03

  /// The weight of the convolution [outputs, inputs, k, k].
  package let weight: Tensor
  /// The norm's scale [outputs].
  package let scale: Tensor
  /// The norm's bias [outputs].
  package let bias: Tensor
  /// The norm's running mean [outputs].
  package let runningMean: Tensor
  /// The norm's running variance [outputs].
  package let runningVariance: Tensor
  private let batchCount: Tensor
  /// Pixels from one window to the next.
  package let stride: Int
  /// Zeros around the input, in pixels.
  package let padding: Int
  private let context: NetworkContext

  init(_ inputCount: Int, _ outputCount: Int, kernel: Int = 1, stride: Int = 1, _ source: WeightSource) throws {
    weight = try source.uniform([outputCount, inputCount, kernel, kernel], fanIn: inputCount * kernel * kernel)
    scale = try source.full([outputCount], 1)
    bias = try source.full([outputCount], 0)
    runningMean = try source.full([outputCount], 0)
    runningVariance = try source.full([outputCount], 1)
    batchCount = try source.full([], 0, type: .int64)
    self.stride = stride
    padding = kernel / 2
    context = source.context
  }

  /// [B, inputs, H, W] to [B, outputs, H / stride, W / stride]. In training the running statistics are updated. Throws
  /// `EngineError` if an operator fails.
  func callAsFunction(_ x: Tensor, training: Bool) throws -> Tensor {
    let x = try x.conv2d(weight, stride: stride, padding: padding)
    try context.observe?(weight, x)
    if training, context.statistics.isOn {
      return try context.statistics.norm(
        x, scale: scale, bias: bias, runningMean: runningMean, runningVariance: runningVariance
      ).silu()
    }
    return
      try x
      .batchNorm(
        weight: scale, bias: bias, runningMean: runningMean, runningVariance: runningVariance, training: training,
        momentum: Self.momentum, epsilon: Self.epsilon
      )
      .silu()
  }

  func state(under prefix: String) -> [StateEntry] {
    [
      StateEntry(name: prefix + ".conv.weight", kind: .convolution, tensor: weight),
      StateEntry(name: prefix + ".bn.weight", kind: .normScale, tensor: scale),
      StateEntry(name: prefix + ".bn.bias", kind: .bias, tensor: bias),
      StateEntry(name: prefix + ".bn.running_mean", kind: .runningStatistic, tensor: runningMean),
      StateEntry(name: prefix + ".bn.running_var", kind: .runningStatistic, tensor: runningVariance),
      StateEntry(name: prefix + ".bn.num_batches_tracked", kind: .counter, tensor: batchCount),
    ]
  }
}
