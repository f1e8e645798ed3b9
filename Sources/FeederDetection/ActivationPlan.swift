/// Computes what the forward pass of a training step keeps in memory until backward, layer by layer, without running
/// it.
///
/// Autograd keeps the input of a convolution; the input and two statistics per channel of a batch norm; the input of
/// SiLU; the input and 64-bit indices of a pooling. Concatenation, splitting, addition and upsampling keep nothing. A
/// tensor that several operators keep counts once.
package struct ActivationPlan: Sendable {
  /// One layer of the network, and what is kept of it.
  package struct Layer: Sendable, Equatable {
    /// Published name, such as `model.4`.
    package let name: String
    /// Bytes kept until backward.
    package let byteCount: Int
  }

  /// The input, then every layer that keeps something, in order.
  package private(set) var layers: [Layer] = []
  /// Numbers that the optimizer updates.
  package private(set) var learnedCount = 0
  /// Running means and variances.
  package private(set) var statisticCount = 0
  /// Numbers in convolution weights.
  package private(set) var convolutionCount = 0
  /// The additional memory of the loss.
  package let loss: LossMemory

  private let batch: Int
  private let elementByteCount: Int

  /// A plan for `batch` square images of `imageSize` pixels, a multiple of the largest stride. `elementByteCount` is
  /// the size of an activation: 4 without autocast, 2 with it.
  package init(_ design: ModelDesign, classCount: Int, batch: Int, imageSize: Int, elementByteCount: Int) {
    self.batch = batch
    self.elementByteCount = elementByteCount
    loss = LossMemory(
      anchorCount: design.strides.reduce(0) { $0 + (imageSize / $1) * (imageSize / $1) }, classCount: classCount,
      binCount: design.architecture.bins)
    walk(design, imageSize)
  }

  /// Bytes of all layers.
  package var byteCount: Int { layers.reduce(0) { $0 + $1.byteCount } }

  /// Bytes of the weights that autocast keeps in half precision during one pass; 0 without autocast.
  package var castWeightByteCount: Int { elementByteCount == 4 ? 0 : convolutionCount * elementByteCount }

  // MARK: - A walk over the design

  private mutating func walk(_ design: ModelDesign, _ imageSize: Int) {
    // The batch in float32, and with autocast also in half precision.
    let inputByteCount = batch * 3 * imageSize * imageSize * (elementByteCount == 4 ? 4 : 4 + elementByteCount)
    layers.append(Layer(name: "input", byteCount: inputByteCount))
    for layer in design.layers {
      let side = imageSize / layer.stride
      let (inputs, outputs) = (layer.inputCounts[0], layer.channelCount)
      // A joined tensor counts with the layer that keeps it.
      let isJoined = layer.inputs[0] >= 0 && design.layers[layer.inputs[0]].kind == .concatenation
      var byteCount = isJoined ? tensor(inputs, side) : 0
      switch layer.kind {
      case .convolution: byteCount += block(inputs, outputs, kernel: 3, side: side, isKept: layer.isKept)
      case .stage(_, let depth, _):
        let depth = design.size.bottleneckCount(depth)
        byteCount += stage(inputs, outputs, depth: depth, side: side, isKept: layer.isKept)
      case .pooling: byteCount += pooling(inputs, outputs, side: side, isKept: layer.isKept)
      case .upsampling, .concatenation: continue
      case .detection: byteCount += head(layer.inputCounts, design.strides.map { imageSize / $0 })
      }
      layers.append(Layer(name: layer.name, byteCount: byteCount))
    }
  }

  private func tensor(_ channels: Int, _ side: Int) -> Int { batch * channels * side * side * elementByteCount }

  /// Convolution, norm and SiLU keep the inputs of norm and SiLU, and the result if a later layer keeps it.
  private mutating func block(_ inputs: Int, _ outputs: Int, kernel: Int = 1, side: Int, isKept: Bool = true) -> Int {
    convolutionCount += inputs * outputs * kernel * kernel
    learnedCount += inputs * outputs * kernel * kernel + 2 * outputs
    statisticCount += 2 * outputs
    return tensor(outputs, side) * (isKept ? 3 : 2) + 2 * outputs * 4
  }

  /// C2f joins all links of the chain for its last block. A tensor that only the concatenation reads is not kept.
  private mutating func stage(_ inputs: Int, _ outputs: Int, depth: Int, side: Int, isKept: Bool) -> Int {
    let half = outputs / 2
    var bytes = block(inputs, 2 * half, side: side)
    for link in 0..<depth {
      bytes += block(half, half, kernel: 3, side: side)
      bytes += block(half, half, kernel: 3, side: side, isKept: link < depth - 1)
    }
    return bytes + tensor((2 + depth) * half, side)
      + block((2 + depth) * half, outputs, side: side, isKept: isKept)
  }

  /// SPPF: two of the three maxima are inputs of the next one, and every maximum keeps its indices as Int64.
  private mutating func pooling(_ inputs: Int, _ outputs: Int, side: Int, isKept: Bool) -> Int {
    let half = inputs / 2
    let first = block(inputs, half, side: side)
    let maxima = 2 * tensor(half, side) + 3 * batch * half * side * side * 8
    return first + maxima + tensor(4 * half, side) + block(4 * half, outputs, side: side, isKept: isKept)
  }

  private mutating func head(_ inputCounts: [Int], _ sides: [Int]) -> Int {
    let middle = DetectionHead.middleCounts(
      inputCount: inputCounts[0], classCount: loss.classCount, binCount: loss.binCount)
    var bytes = 0
    for (channels, side) in zip(inputCounts, sides) {
      for (width, outputs) in [(middle.box, 4 * loss.binCount), (middle.score, loss.classCount)] {
        bytes += block(channels, width, kernel: 3, side: side) + block(width, width, kernel: 3, side: side)
        convolutionCount += width * outputs
        learnedCount += width * outputs + outputs
      }
    }
    return bytes
  }
}
