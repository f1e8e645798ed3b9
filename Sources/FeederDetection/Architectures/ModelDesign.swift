import FeederCore

/// An architecture in one of its sizes, with the numbers of every layer: a value of the setting `model`.
package struct ModelDesign: Sendable, Equatable {
  /// A node with its channels at this size.
  struct Layer: Sendable {
    let kind: Node.Kind
    /// The published name of the layer's state, such as `model.4`.
    let name: String
    /// The layers that it reads; -1 for the images.
    let inputs: [Int]
    let inputCounts: [Int]
    /// Channels of the output.
    let channelCount: Int
    /// The stride of the output, in pixels of the image.
    let stride: Int
    /// True if a layer that reads the output keeps it for backward.
    let isKept: Bool
    /// The `inputs` that no later layer reads.
    let lastReads: [Int]
  }

  /// The list of nodes.
  package let architecture: Architecture
  /// The depth and width.
  package let size: ModelSize
  /// The layers in the order of the forward pass, the head last.
  let layers: [Layer]

  init(_ architecture: Architecture, _ size: ModelSize) {
    (self.architecture, self.size) = (architecture, size)
    let nodes = architecture.nodes
    var layers: [Layer] = []
    for (index, node) in nodes.enumerated() {
      let inputCounts = node.inputs.map { $0 < 0 ? 3 : layers[$0].channelCount }
      let channelCount =
        switch node.kind {
        case .convolution(let count), .stage(let count, _, _), .pooling(let count): size.channelCount(count)
        case .upsampling, .concatenation, .detection: inputCounts.reduce(0, +)
        }
      let later = nodes.dropFirst(index + 1)
      layers.append(
        Layer(
          kind: node.kind, name: "model.\(index)", inputs: node.inputs, inputCounts: inputCounts,
          channelCount: channelCount, stride: architecture.nodeStrides[index],
          isKept: later.contains { $0.keepsInputs && $0.inputs.contains(index) },
          lastReads: node.inputs.filter { input in !later.contains { $0.inputs.contains(input) } }))
    }
    self.layers = layers
  }

  /// Designs are equal if their names are equal.
  package static func == (one: ModelDesign, other: ModelDesign) -> Bool { one.name == other.name }

  /// The model's name, such as `yolov8n`.
  package var name: String { architecture.family + size.letter + architecture.variant }

  /// The strides of the levels, in pixels between two anchors, the finest first.
  package var strides: [Int] { architecture.strides }

  // MARK: - Names of the state

  /// The prefix of all names in the head's class branch.
  package var classBranch: String { layers[layers.count - 1].name + ".cv3." }

  /// The name of a bias with one element per class.
  package var classBias: String { classBranch + "0.2.bias" }

  /// The names of all tensors with one row per class.
  package var classRows: Set<String> {
    Set(strides.indices.flatMap { level in ["weight", "bias"].map { "\(classBranch)\(level).2.\($0)" } })
  }

  /// The name of the first weight of every layer with weights, and its input channels. No two designs have the same
  /// list.
  package var firstWeights: [(name: String, inputCount: Int)] {
    layers.compactMap { layer in
      switch layer.kind {
      case .convolution: (layer.name + ".conv.weight", layer.inputCounts[0])
      case .stage, .pooling: (layer.name + ".cv1.conv.weight", layer.inputCounts[0])
      case .detection: (layer.name + ".cv2.0.0.conv.weight", layer.inputCounts[0])
      case .upsampling, .concatenation: nil
      }
    }
  }
}

// MARK: - The registry

extension ModelDesign {
  /// All designs that `--model` accepts.
  package static let all = Architecture.all.flatMap { architecture in
    architecture.sizes.map { ModelDesign(architecture, $0) }
  }

  /// The smallest design, the default of `--model`.
  package static let yolov8n = all[0]

  /// The design called `name`; nil if there is none.
  package init?(named name: String) {
    guard let design = Self.all.first(where: { $0.name == name }) else { return nil }
    self = design
  }

  /// All names, for help and errors.
  package static let names = all.map(\.name).joined(separator: ", ")

  /// The error line for `name`.
  package static func refusal(of name: String) -> SettingLine { "\(setting: "model") \(name): give one of \(names)" }

  /// The unit of input sides in pixels: the largest stride of all designs.
  private static let sideUnit = Architecture.all.flatMap(\.strides).max() ?? 1
  private static let largestSide = 8192

  /// True if `side` pixels is a valid side of a model's input.
  package static func takes(side: Int) -> Bool {
    (sideUnit...largestSide).contains(side) && side.isMultiple(of: sideUnit)
  }

  /// The valid sides of a model's input, in words.
  package static let sides = "a multiple of \(sideUnit) from \(sideUnit) to \(largestSide)"
}
