import FeederTorch

/// Two 3 x 3 blocks; the input is added if `addsInput`.
final class Bottleneck: Layer {
  private let cv1: ConvolutionBlock
  private let cv2: ConvolutionBlock
  private let addsInput: Bool

  init(_ count: Int, addsInput: Bool, _ source: WeightSource) throws {
    cv1 = try ConvolutionBlock(count, count, kernel: 3, source)
    cv2 = try ConvolutionBlock(count, count, kernel: 3, source)
    self.addsInput = addsInput
  }

  func callAsFunction(_ x: Tensor, training: Bool) throws -> Tensor {
    let y = try cv2(cv1(x, training: training), training: training)
    return addsInput ? try x + y : y
  }

  func state(under prefix: String) -> [StateEntry] {
    cv1.state(under: prefix + ".cv1") + cv2.state(under: prefix + ".cv2")
  }
}

/// C2f: half of the channels passes through a chain of bottlenecks, and the outputs of all links are joined.
final class CrossStage: Layer {
  private let cv1: ConvolutionBlock
  private let cv2: ConvolutionBlock
  private let chain: [Bottleneck]
  private let half: Int

  init(_ inputCount: Int, _ outputCount: Int, depth: Int, addsInput: Bool, _ source: WeightSource) throws {
    half = outputCount / 2
    cv1 = try ConvolutionBlock(inputCount, 2 * half, source)
    cv2 = try ConvolutionBlock((2 + depth) * half, outputCount, source)
    chain = try (0..<depth).map { [half] _ in try Bottleneck(half, addsInput: addsInput, source) }
  }

  /// [B, inputs, H, W] to [B, outputs, H, W]. Throws `EngineError` if an operator fails.
  func callAsFunction(_ x: Tensor, training: Bool) throws -> Tensor {
    var links = try cv1(x, training: training).split([half, half], along: 1)
    for bottleneck in chain { links.append(try bottleneck(links[links.count - 1], training: training)) }
    return try cv2(.concatenated(links, along: 1), training: training)
  }

  func state(under prefix: String) -> [StateEntry] {
    cv1.state(under: prefix + ".cv1") + cv2.state(under: prefix + ".cv2")
      + chain.enumerated().flatMap { $1.state(under: "\(prefix).m.\($0)") }
  }
}

/// SPPF: three 5 x 5 maxima in a row, all joined. The last covers 13 x 13.
final class PyramidPooling: Layer {
  private let cv1: ConvolutionBlock
  private let cv2: ConvolutionBlock

  init(_ inputCount: Int, _ outputCount: Int, _ source: WeightSource) throws {
    cv1 = try ConvolutionBlock(inputCount, inputCount / 2, source)
    cv2 = try ConvolutionBlock(inputCount / 2 * 4, outputCount, source)
  }

  func callAsFunction(_ x: Tensor, training: Bool) throws -> Tensor {
    var levels = [try cv1(x, training: training)]
    for _ in 0..<3 { levels.append(try levels[levels.count - 1].maxPool(5, stride: 1, padding: 2)) }
    return try cv2(.concatenated(levels, along: 1), training: training)
  }

  func state(under prefix: String) -> [StateEntry] {
    cv1.state(under: prefix + ".cv1") + cv2.state(under: prefix + ".cv2")
  }
}
