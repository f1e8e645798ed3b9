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

  func callAsFunction<Operators: NetworkOperators>(
    _ x: Operators.Value, _ operators: Operators
  ) throws -> Operators.Value {
    let y = try operators.block(operators.block(x, cv1), cv2)
    return addsInput ? try operators.sum(x, y) : y
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

  /// [B, inputs, H, W] to [B, outputs, H, W]. Throws what an operator throws.
  func callAsFunction<Operators: NetworkOperators>(
    _ x: Operators.Value, _ operators: Operators
  ) throws -> Operators.Value {
    var links = try operators.halves(operators.block(x, cv1), half)
    for bottleneck in chain { links.append(try bottleneck(links[links.count - 1], operators)) }
    return try operators.block(operators.joined(links), cv2)
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

  func callAsFunction<Operators: NetworkOperators>(
    _ x: Operators.Value, _ operators: Operators
  ) throws -> Operators.Value {
    var levels = [try operators.block(x, cv1)]
    for _ in 0..<3 { levels.append(try operators.maximum(levels[levels.count - 1], kernel: 5)) }
    return try operators.block(operators.joined(levels), cv2)
  }

  func state(under prefix: String) -> [StateEntry] {
    cv1.state(under: prefix + ".cv1") + cv2.state(under: prefix + ".cv2")
  }
}
