import FeederCore
import FeederDetection
import FeederExport
import FeederTorch

/// Networks with weights of a seed whose values stay in the range of a trained network's.
enum TestNetwork {
  /// A network of `design`. Every norm gets statistics, a scale and a bias of its own, so that a layer's output
  /// varies about as much as its input; the classes' biases let some anchors score high.
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
        switch entry.kind {
        case .normScale: try draw(entry.tensor, 0.7, 1.3)
        case .bias: try draw(entry.tensor, -0.5, 0.5)
        // The initial weights of a convolution give a third of its input's mean square.
        case .runningStatistic where entry.name.hasSuffix("running_var"): try draw(entry.tensor, 0.1, 0.3)
        case .runningStatistic: try draw(entry.tensor, -0.1, 0.1)
        case .convolution, .counter, .fixed: break
        }
      }
      for entry in network.state where entry.name.hasPrefix(design.classBranch) && entry.name.hasSuffix(".2.bias") {
        try draw(entry.tensor, -4, -1)
      }
    }
    return network
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
