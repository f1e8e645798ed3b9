import FeederCore
import FeederDetection
import FeederExport
import FeederTorch

/// Networks with weights of a seed whose values stay in the range of a trained network's.
enum TestNetwork {
  /// A network of `design`. One pass in training gives the norms the statistics of its inputs, and every norm gets a scale
  /// and a bias of its own; the classes' biases let some anchors score high.
  static func make(_ design: String = "yolov8n", classCount: Int = 6, seed: UInt64 = 1) throws -> DetectionNetwork {
    guard let design = ModelDesign(named: design) else { preconditionFailure("no design is called \(design)") }
    let network = try DetectionNetwork(design, classCount: classCount, seed: seed)
    var random = CounterRandom(seed: seed, index: 0, purpose: .weights)
    func draw(_ tensor: Tensor, _ low: Double, _ high: Double) throws {
      let values = (0..<tensor.count).map { _ in Float(random.uniform(low, high)) }
      try tensor.copy(from: Tensor(values, shape: tensor.shape))
    }
    try withoutGradients {
      for entry in network.state where entry.name.contains(".bn.") {
        if entry.kind == .normScale { try draw(entry.tensor, 0.5, 1.5) }
        if entry.kind == .bias { try draw(entry.tensor, -0.5, 0.5) }
      }
      _ = try network(images(network, height: 64, width: 64, count: 4, seed: seed), training: true)
      for entry in network.state where entry.kind == .runningStatistic {
        // One pass moves a statistic by this share from its start, which is 1 for a variance and 0 for a mean.
        let start = entry.name.hasSuffix("running_var") ? 1.0 : 0.0
        try entry.tensor.copy(from: (entry.tensor - start * 0.97) * (1 / 0.03))
      }
      for entry in network.state where entry.name.hasPrefix(design.classBranch) && entry.name.hasSuffix(".2.bias") {
        try draw(entry.tensor, -4, -1)
      }
    }
    return network
  }

  /// Noise as images [count, 3, height, width] from 0 to 1, whole numbers of 255ths; equal in all channels if `isGrey`.
  static func images(
    _ network: DetectionNetwork, height: Int, width: Int, count: Int = 1, seed: UInt64 = 7, isGrey: Bool = false
  ) throws -> Tensor {
    try bytes(height: height, width: width, count: count, channels: isGrey ? 1 : 3, seed: seed)
      .to(.float32).expanded([-1, 3, -1, -1]) * (1.0 / 255)
  }

  /// Noise as bytes [count, channels, height, width].
  static func bytes(height: Int, width: Int, count: Int, channels: Int, seed: UInt64 = 7) throws -> Tensor {
    var random = CounterRandom(seed: seed, index: 1, purpose: .weights)
    let values = (0..<count * channels * height * width).map { _ in UInt8(random.integer(below: 256)) }
    return try Tensor(values, shape: [count, channels, height, width])
  }

  /// Our own `output0` [B, 4 + classes, A].
  static func predictions(_ network: DetectionNetwork, _ images: Tensor) throws -> Tensor {
    try withoutGradients {
      let anchors = try Anchors(network.design.strides, height: images.extent(2), width: images.extent(3))
      let levels = try network(images, training: false)
      return try HeadOutput(levels: levels, classCount: network.classCount).predictions(anchors)
    }
  }

  /// The model of `network`.
  static func model(_ network: DetectionNetwork, _ settings: ExportSettings) throws -> ONNXModel {
    let names = (0..<network.classCount).map { "class \($0)" }
    return try ModelExport.model(network, from: "test", settings, facts: ExportFacts(classNames: names))
  }
}
