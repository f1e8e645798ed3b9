import FeederTorch

/// YOLOv8 for detection: backbone, neck and head in the published layout, so that weights move both ways by name.
package final class YOLOv8 {
  /// Which of the five sizes.
  package let size: ModelSize
  /// Classes that the head tells apart.
  package let classCount: Int

  private let layers: [Int: any Layer]
  /// What its convolutions share.
  let context: NetworkContext
  private let stem: (ConvolutionBlock, ConvolutionBlock)
  private let backbone: [(down: ConvolutionBlock?, stage: CrossStage)]
  private let pooling: PyramidPooling
  private let upper: (CrossStage, CrossStage)
  private let lower: [(down: ConvolutionBlock, stage: CrossStage)]
  private let head: DetectionHead

  /// A network with random first weights on `device`; the same `seed` gives the same ones.
  package init(_ size: ModelSize, classCount: Int, seed: UInt64 = 0, device: Device = .cpu) throws {
    precondition(classCount > 0, "a detector has at least one class")
    self.size = size
    self.classCount = classCount
    let source = WeightSource(seed: seed, device: device)
    context = source.context
    let (c64, c128, c256) = (size.channelCount(64), size.channelCount(128), size.channelCount(256))
    let (c512, c1024) = (size.channelCount(512), size.channelCount(1024))
    func down(_ from: Int, _ to: Int) throws -> ConvolutionBlock {
      try ConvolutionBlock(from, to, kernel: 3, stride: 2, source)
    }
    func stage(_ from: Int, _ to: Int, _ depth: Int, addsInput: Bool) throws -> CrossStage {
      try CrossStage(from, to, depth: size.bottleneckCount(depth), addsInput: addsInput, source)
    }
    stem = (try down(3, c64), try down(c64, c128))
    backbone = [
      (nil, try stage(c128, c128, 3, addsInput: true)),
      (try down(c128, c256), try stage(c256, c256, 6, addsInput: true)),
      (try down(c256, c512), try stage(c512, c512, 6, addsInput: true)),
      (try down(c512, c1024), try stage(c1024, c1024, 3, addsInput: true)),
    ]
    pooling = try PyramidPooling(c1024, source)
    upper = (
      try stage(c1024 + c512, c512, 3, addsInput: false), try stage(c512 + c256, c256, 3, addsInput: false)
    )
    lower = [
      (try down(c256, c256), try stage(c256 + c512, c512, 3, addsInput: false)),
      (try down(c512, c512), try stage(c512 + c1024, c1024, 3, addsInput: false)),
    ]
    head = try DetectionHead([c256, c512, c1024], classCount: classCount, source)
    var layers: [Int: any Layer] = [0: stem.0, 1: stem.1, 9: pooling, 12: upper.0, 15: upper.1, 22: head]
    for (index, part) in backbone.enumerated() {
      layers[2 + 2 * index] = part.stage
      if let down = part.down { layers[1 + 2 * index] = down }
    }
    for (index, part) in lower.enumerated() {
      layers[16 + 3 * index] = part.down
      layers[18 + 3 * index] = part.stage
    }
    self.layers = layers
  }

  /// Raw levels [B, 4 x 16 + classes, H / s, W / s] for s = 8, 16, 32 of `images` [B, 3, H, W] in 0 to 1; H and W are
  /// multiples of 32. In training, norms use the batch's statistics and their running ones move.
  package func callAsFunction(_ images: Tensor, training: Bool) throws -> [Tensor] {
    var x = try stem.1(stem.0(images, training: training), training: training)
    var stages: [Tensor] = []
    for part in backbone {
      if let down = part.down { x = try down(x, training: training) }
      x = try part.stage(x, training: training)
      stages.append(x)
    }
    let deep = try pooling(x, training: training)
    let middle = try upper.0(.concatenated([deep.upsampledTwice(), stages[2]], along: 1), training: training)
    let fine = try upper.1(.concatenated([middle.upsampledTwice(), stages[1]], along: 1), training: training)
    var levels = [fine]
    for (part, skip) in zip(lower, [middle, deep]) {
      let down = try part.down(levels[levels.count - 1], training: training)
      levels.append(try part.stage(.concatenated([down, skip], along: 1), training: training))
    }
    return try head(levels, training: training)
  }

  /// Every entry by its published name, in the published order. The tensors are the model's own.
  package var state: [StateEntry] {
    layers.sorted { $0.key < $1.key }.flatMap { $0.value.state(under: "model.\($0.key)") }
  }
}
