/// What a training step keeps of its forward pass until backward has used it, layer by layer: by arithmetic alone.
///
/// Autograd keeps of a convolution its input, of a batch norm its input and two statistics a channel, of SiLU its input, of a
/// pooling its input and 64-bit places. Joining, splitting, adding and upsampling keep nothing. What several keep counts once.
package struct ActivationPlan: Sendable {
  /// One layer of the network by its published number, and what is kept of it.
  package struct Layer: Sendable, Equatable {
    /// Published name, such as `model.4`.
    package let name: String
    /// Bytes kept until backward.
    package fileprivate(set) var byteCount: Int
  }

  /// The input, then every layer that keeps something.
  package private(set) var layers: [Layer] = []
  /// Numbers that the optimizer moves.
  package private(set) var learnedCount = 0
  /// Running means and variances.
  package private(set) var statisticCount = 0
  /// Numbers in convolution weights.
  package private(set) var convolutionCount = 0
  /// Anchors of an image.
  package let anchorCount: Int

  private let batch: Int
  private let classCount: Int
  private let elementByteCount: Int

  /// A plan for `batch` square images of `imageSize` pixels, a multiple of 32. `elementByteCount` is that of the activations: 4
  /// without autocast, 2 with it.
  package init(_ size: ModelSize, classCount: Int, batch: Int, imageSize: Int, elementByteCount: Int) {
    self.batch = batch
    self.classCount = classCount
    self.elementByteCount = elementByteCount
    anchorCount = Anchors.strides.reduce(0) { $0 + (imageSize / $1) * (imageSize / $1) }
    walk(size, imageSize)
  }

  /// Bytes of all layers.
  package var byteCount: Int { layers.reduce(0) { $0 + $1.byteCount } }

  /// Bytes of the weights that autocast keeps in half precision for one pass; 0 without it.
  package var castWeightByteCount: Int { elementByteCount == 4 ? 0 : convolutionCount * elementByteCount }

  /// Bytes that the loss takes on top of all activations at its largest, with `boxes` on the image that has most.
  ///
  /// Kept through it: joined logits, the sides' distributions, boxes and class targets. On top either seven tables
  /// of numbers and three of flags, boxes by anchors, in the assigner, or three copies of the box logits where backward begins; counted in a trace of all allocations.
  package func lossByteCount(boxes: Int) -> Int {
    Self.lossByteCount(images: batch, anchors: anchorCount, classCount: classCount, boxes: boxes)
  }

  /// The same of `images` images with `anchors` anchors each.
  package static func lossByteCount(images: Int, anchors: Int, classCount: Int, boxes: Int) -> Int {
    let sides = 4 * DetectionHead.binCount
    let kept = sides + classCount + sides + 4 * 4 + 3 * classCount
    return images * anchors * (4 * kept + max((7 * 4 + 3) * boxes + 3 * 4 * classCount, 3 * 4 * sides))
  }

  // MARK: - The network, as YOLOv8 builds it

  private mutating func walk(_ size: ModelSize, _ imageSize: Int) {
    let (c64, c128, c256) = (size.channelCount(64), size.channelCount(128), size.channelCount(256))
    let (c512, c1024) = (size.channelCount(512), size.channelCount(1024))
    let (s2, s4, s8, s16, s32) = (imageSize / 2, imageSize / 4, imageSize / 8, imageSize / 16, imageSize / 32)
    // The batch in float32, and in half precision once more.
    layers.append(Layer(name: "input", byteCount: 0))
    layers[0].byteCount = batch * 3 * imageSize * imageSize * (elementByteCount == 4 ? 4 : 4 + elementByteCount)
    add(0) { $0.block(3, c64, kernel: 3, side: s2) }
    add(1) { $0.block(c64, c128, kernel: 3, side: s4) }
    add(2) { $0.stage(c128, c128, depth: size.bottleneckCount(3), side: s4) }
    add(3) { $0.block(c128, c256, kernel: 3, side: s8) }
    add(4) { $0.stage(c256, c256, depth: size.bottleneckCount(6), side: s8) }
    add(5) { $0.block(c256, c512, kernel: 3, side: s16) }
    add(6) { $0.stage(c512, c512, depth: size.bottleneckCount(6), side: s16) }
    add(7) { $0.block(c512, c1024, kernel: 3, side: s32) }
    add(8) { $0.stage(c1024, c1024, depth: size.bottleneckCount(3), side: s32) }
    add(9) { $0.pooling(c1024, side: s32) }
    let depth = size.bottleneckCount(3)
    add(12) {
      $0.joined(c1024 + c512, side: s16) + $0.stage(c1024 + c512, c512, depth: depth, side: s16, isKept: false)
    }
    add(15) { $0.joined(c512 + c256, side: s8) + $0.stage(c512 + c256, c256, depth: depth, side: s8) }
    add(16) { $0.block(c256, c256, kernel: 3, side: s16, isKept: false) }
    add(18) { $0.joined(c256 + c512, side: s16) + $0.stage(c256 + c512, c512, depth: depth, side: s16) }
    add(19) { $0.block(c512, c512, kernel: 3, side: s32, isKept: false) }
    add(21) { $0.joined(c512 + c1024, side: s32) + $0.stage(c512 + c1024, c1024, depth: depth, side: s32) }
    add(22) { $0.head([(c256, s8), (c512, s16), (c1024, s32)]) }
  }

  private mutating func add(_ number: Int, _ count: (inout ActivationPlan) -> Int) {
    layers.append(Layer(name: "model.\(number)", byteCount: count(&self)))
  }

  private func tensor(_ channels: Int, _ side: Int) -> Int { batch * channels * side * side * elementByteCount }

  /// A joined tensor that the next convolution keeps.
  private func joined(_ channels: Int, side: Int) -> Int { tensor(channels, side) }

  /// Convolution, norm and SiLU: the norm's input, SiLU's, and the result where what follows keeps it.
  private mutating func block(_ inputs: Int, _ outputs: Int, kernel: Int = 1, side: Int, isKept: Bool = true) -> Int {
    convolutionCount += inputs * outputs * kernel * kernel
    learnedCount += inputs * outputs * kernel * kernel + 2 * outputs
    statisticCount += 2 * outputs
    return tensor(outputs, side) * (isKept ? 3 : 2) + 2 * outputs * 4
  }

  /// C2f: all links of the chain are joined for the last block; what only the joining reads is not kept.
  private mutating func stage(_ inputs: Int, _ outputs: Int, depth: Int, side: Int, isKept: Bool = true) -> Int {
    let half = outputs / 2
    var bytes = block(inputs, 2 * half, side: side)
    for link in 0..<depth {
      bytes += block(half, half, kernel: 3, side: side)
      bytes += block(half, half, kernel: 3, side: side, isKept: link < depth - 1)
    }
    return bytes + joined((2 + depth) * half, side: side)
      + block((2 + depth) * half, outputs, side: side, isKept: isKept)
  }

  /// SPPF: two of three maxima are the input of the next one; every maximum keeps its places as Int64.
  private mutating func pooling(_ channels: Int, side: Int) -> Int {
    let half = channels / 2
    let first = block(channels, half, side: side)
    let maxima = 2 * tensor(half, side) + 3 * batch * half * side * side * 8
    return first + maxima + joined(4 * half, side: side) + block(4 * half, channels, side: side, isKept: false)
  }

  private mutating func head(_ levels: [(channels: Int, side: Int)]) -> Int {
    let middle = DetectionHead.middleCounts(inputCount: levels[0].channels, classCount: classCount)
    var bytes = 0
    for (channels, side) in levels {
      for (width, outputs) in [(middle.box, 4 * DetectionHead.binCount), (middle.score, classCount)] {
        bytes += block(channels, width, kernel: 3, side: side) + block(width, width, kernel: 3, side: side)
        convolutionCount += width * outputs
        learnedCount += width * outputs + outputs
      }
    }
    return bytes
  }
}
