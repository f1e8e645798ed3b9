import FeederDetection
import FeederTorch

/// The numbers of a convolution with all that can be computed before: its norm, and changes of the input. Computed in
/// float64.
struct FoldedConvolution {
  /// [outputs, inputs, k, k].
  private(set) var shape: [Int]
  /// In row-major order.
  private(set) var weights: [Double]
  /// One per output.
  let bias: [Double]

  /// The convolution of `block` with its norm: w g / sqrt(v + e), and b - m g / sqrt(v + e). Throws `EngineError`.
  init(_ block: ConvolutionBlock) throws {
    shape = block.weight.shape
    weights = try block.weight.array(of: Double.self)
    let (scale, variance) = (try block.scale.array(of: Double.self), try block.runningVariance.array(of: Double.self))
    let factors = zip(scale, variance).map { $0 / ($1 + ConvolutionBlock.epsilon).squareRoot() }
    let mean = try block.runningMean.array(of: Double.self)
    bias = zip(try block.bias.array(of: Double.self), zip(mean, factors)).map { $0 - $1.0 * $1.1 }
    let count = shape.dropFirst().reduce(1, *)
    for (output, factor) in factors.enumerated() {
      for place in output * count..<(output + 1) * count { weights[place] *= factor }
    }
  }

  /// A convolution that has a bias and no norm. Throws `EngineError`.
  init(_ convolution: Convolution) throws {
    shape = convolution.weight.shape
    weights = try convolution.weight.array(of: Double.self)
    bias = try convolution.bias.array(of: Double.self)
  }

  /// The same convolution of an input that is not divided by `divisor`.
  func dividing(by divisor: Double) -> FoldedConvolution {
    var result = self
    for place in weights.indices { result.weights[place] /= divisor }
    return result
  }

  /// The same convolution of one channel, if all channels of the input are equal.
  func ofOneChannel() -> FoldedConvolution {
    var result = self
    let (inputs, window) = (shape[1], shape[2] * shape[3])
    result.shape[1] = 1
    result.weights = (0..<shape[0] * window).map { place in
      let (output, cell) = place.quotientAndRemainder(dividingBy: window)
      return (0..<inputs).reduce(0) { $0 + weights[(output * inputs + $1) * window + cell] }
    }
    return result
  }

  /// True if every number is one that a float can hold.
  var isFinite: Bool { weights.allSatisfy { Float($0).isFinite } && bias.allSatisfy { Float($0).isFinite } }
}
