import FeederTorch
import Foundation

/// The decoupled head: per level, one branch for 4 x bins box logits and one for class logits.
final class DetectionHead: Layer {
  private final class Branch: Layer {
    let first: ConvolutionBlock
    let second: ConvolutionBlock
    let last: Convolution

    init(_ inputCount: Int, _ middleCount: Int, _ outputCount: Int, _ source: WeightSource) throws {
      first = try ConvolutionBlock(inputCount, middleCount, kernel: 3, source)
      second = try ConvolutionBlock(middleCount, middleCount, kernel: 3, source)
      last = try Convolution(middleCount, outputCount, source)
    }

    func callAsFunction<Operators: NetworkOperators>(
      _ x: Operators.Value, _ operators: Operators
    ) throws -> Operators.Value {
      try operators.convolution(operators.block(operators.block(x, first), second), last)
    }

    func state(under prefix: String) -> [StateEntry] {
      first.state(under: prefix + ".0") + second.state(under: prefix + ".1") + last.state(under: prefix + ".2")
    }
  }

  private let boxBranches: [Branch]
  private let classBranches: [Branch]
  private let bins: Tensor

  init(_ inputCounts: [Int], classCount: Int, strides: [Int], binCount: Int, _ source: WeightSource) throws {
    let middle = Self.middleCounts(inputCount: inputCounts[0], classCount: classCount, binCount: binCount)
    boxBranches = try inputCounts.map { try Branch($0, middle.box, 4 * binCount, source) }
    classBranches = try inputCounts.map { try Branch($0, middle.score, classCount, source) }
    bins = try source.full([1, binCount, 1, 1], 0)
    try bins.copy(from: Tensor.range(binCount).reshaped([1, binCount, 1, 1]))
    // Training then starts with boxes of sensible size and about 5 objects on a 640 px image.
    for branch in boxBranches { try branch.last.bias.fill(1) }
    for (branch, stride) in zip(classBranches, strides) {
      try branch.last.bias.fill(log(5 / Double(classCount) / pow(640 / Double(stride), 2)))
    }
  }

  /// Channels inside the branches, as published. `inputCount` is the number of channels of the finest level.
  static func middleCounts(inputCount: Int, classCount: Int, binCount: Int) -> (box: Int, score: Int) {
    (max(16, inputCount / 4, binCount * 4), max(inputCount, min(classCount, 100)))
  }

  /// The raw levels. Throws what an operator throws.
  func callAsFunction<Operators: NetworkOperators>(
    _ levels: [Operators.Value], _ operators: Operators
  ) throws -> [Operators.Level] {
    try levels.enumerated().map { index, level in
      try operators.level(
        boxes: boxBranches[index](level, operators), classes: classBranches[index](level, operators))
    }
  }

  func state(under prefix: String) -> [StateEntry] {
    boxBranches.enumerated().flatMap { $1.state(under: "\(prefix).cv2.\($0)") }
      + classBranches.enumerated().flatMap { $1.state(under: "\(prefix).cv3.\($0)") }
      + [StateEntry(name: prefix + ".dfl.conv.weight", kind: .fixed, tensor: bins)]
  }
}
