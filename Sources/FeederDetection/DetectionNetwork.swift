import FeederTorch

/// The network of a design: its layers and their tensors, with the published names, so weights can be exchanged.
package final class DetectionNetwork {
  /// The design of the network.
  package let design: ModelDesign
  /// Number of classes.
  package let classCount: Int

  private enum Operation {
    case block(ConvolutionBlock)
    case stage(CrossStage)
    case pooling(PyramidPooling)
    case upsampling
    case concatenation
    case head(DetectionHead)

    var layer: (any Layer)? {
      switch self {
      case .block(let layer): layer
      case .stage(let layer): layer
      case .pooling(let layer): layer
      case .head(let layer): layer
      case .upsampling, .concatenation: nil
      }
    }
  }

  /// The operation of each layer of the design.
  private let operations: [Operation]
  /// The state that all convolutions share.
  let context: NetworkContext

  /// A network with random weights on `device`; equal seeds give equal weights. Throws `EngineError` if memory is
  /// missing.
  package init(_ design: ModelDesign, classCount: Int, seed: UInt64 = 0, device: Device = .cpu) throws {
    precondition(classCount > 0, "a detector has at least one class")
    self.design = design
    self.classCount = classCount
    let source = WeightSource(seed: seed, device: device)
    context = source.context
    operations = try design.layers.map { layer in
      let (inputs, outputs) = (layer.inputCounts[0], layer.channelCount)
      switch layer.kind {
      case .convolution: return .block(try ConvolutionBlock(inputs, outputs, kernel: 3, stride: 2, source))
      case .stage(_, let depth, let addsInput):
        let depth = design.size.bottleneckCount(depth)
        return .stage(try CrossStage(inputs, outputs, depth: depth, addsInput: addsInput, source))
      case .pooling: return .pooling(try PyramidPooling(inputs, outputs, source))
      case .upsampling: return .upsampling
      case .concatenation: return .concatenation
      case .detection:
        return .head(
          try DetectionHead(
            layer.inputCounts, classCount: classCount, strides: design.strides, binCount: design.architecture.bins,
            source))
      }
    }
  }

  /// The raw level [B, 4 x bins + classes, H / s, W / s] of each stride s, for `images` [B, 3, H, W] with values from 0
  /// to 1. H and W must be multiples of the largest stride. In training, norms use the batch's statistics and update
  /// the running ones. Throws `EngineError` if an operator fails.
  package func callAsFunction(_ images: Tensor, training: Bool) throws -> [Tensor] {
    try walk(images, TensorOperators(training: training))
  }

  /// Walks over the layers in the order of the forward pass with `operators`, from `images` [B, 3, H, W] to the raw
  /// levels, the finest first. Throws what the operators throw.
  package func walk<Operators: NetworkOperators>(
    _ images: Operators.Value, _ operators: Operators
  ) throws -> [Operators.Level] {
    var outputs = [-1: images]
    for (index, layer) in design.layers.enumerated() {
      let inputs = layer.inputs.compactMap { outputs[$0] }
      for read in layer.lastReads { outputs[read] = nil }
      switch operations[index] {
      case .block(let block): outputs[index] = try operators.block(inputs[0], block)
      case .stage(let stage): outputs[index] = try stage(inputs[0], operators)
      case .pooling(let pooling): outputs[index] = try pooling(inputs[0], operators)
      case .upsampling: outputs[index] = try operators.upsampled(inputs[0])
      case .concatenation: outputs[index] = try operators.joined(inputs)
      case .head(let head): return try head(inputs, operators)
      }
    }
    preconditionFailure("the head is the last node")
  }

  /// All entries by published name, in published order. The tensors are the network's own.
  package var state: [StateEntry] {
    zip(design.layers, operations).flatMap { $1.layer?.state(under: $0.name) ?? [] }
  }
}
