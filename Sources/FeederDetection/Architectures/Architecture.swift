/// One step of a network's forward pass: its operation, and the outputs that it reads.
struct Node: Sendable {
  /// The operation of a node, with channels and depth of the full network.
  enum Kind: Sendable, Equatable {
    /// Convolution of 3 x 3 with stride 2, batch norm and SiLU.
    case convolution(Int)
    /// C2f.
    case stage(Int, depth: Int, addsInput: Bool)
    /// SPPF.
    case pooling(Int)
    /// Doubles height and width by repetition.
    case upsampling
    /// Joins the channels of all inputs, in order.
    case concatenation
    /// The head. Its inputs are the levels, the finest first.
    case detection
  }

  /// As an input: the node before this one, or for the first node the images.
  static let previous = -1

  let kind: Kind
  /// The nodes whose outputs this one reads, by index in the list; `previous` for the one before.
  let inputs: [Int]

  init(_ kind: Kind, _ inputs: [Int] = [previous]) {
    self.kind = kind
    self.inputs = inputs
  }

  /// True if backward needs the node's inputs, because the node convolves them.
  var keepsInputs: Bool { kind != .upsampling && kind != .concatenation }
}

/// A network as published: a list of nodes. Forward pass, state names and memory plan are computed from this list.
package struct Architecture: Sendable {
  /// The parts of model names before and after the letter of the size, as in `yolov8` + `n` + `-p2`.
  let family: String
  let variant: String
  /// The nodes in published order, the head last. Every input is an index in the list, or -1 for the images.
  let nodes: [Node]
  /// The stride of each node's output, in pixels of the image.
  let nodeStrides: [Int]
  /// Bins per box side's distribution (Li et al., "Generalized focal loss", 2020).
  package let bins: Int
  let sizes: [ModelSize]

  init(_ family: String, variant: String = "", bins: Int = 16, sizes: [ModelSize] = ModelSize.published, _ list: [Node])
  {
    (self.family, self.variant, self.bins, self.sizes) = (family, variant, bins, sizes)
    nodes = list.enumerated().map { index, node in
      precondition(node.inputs.allSatisfy { $0 < index }, "a node reads nodes before it")
      return Node(node.kind, node.inputs.map { $0 == Node.previous ? index - 1 : $0 })
    }
    precondition(nodes.last?.kind == .detection, "the head is the last node")
    var strides: [Int] = []
    for node in nodes {
      let stride = node.inputs[0] < 0 ? 1 : strides[node.inputs[0]]
      switch node.kind {
      case .convolution: strides.append(stride * 2)
      case .upsampling: strides.append(stride / 2)
      case .stage, .pooling, .concatenation, .detection: strides.append(stride)
      }
    }
    nodeStrides = strides
  }

  /// The strides of the levels, in pixels between two anchors, the finest first.
  package var strides: [Int] { nodes[nodes.count - 1].inputs.map { nodeStrides[$0] } }
}

// MARK: - The published lists

extension Architecture {
  /// All architectures.
  static let all = [yolov8, yolov8P2]

  /// YOLOv8 with levels of stride 8, 16 and 32.
  static let yolov8 = Architecture(
    "yolov8",
    wayUp + [
      Node(.convolution(256)),
      Node(.concatenation, [Node.previous, 12]),
      Node(.stage(512, depth: 3, addsInput: false)),  // 18
      Node(.convolution(512)),
      Node(.concatenation, [Node.previous, 9]),
      Node(.stage(1024, depth: 3, addsInput: false)),  // 21
      Node(.detection, [15, 18, 21]),
    ])

  /// YOLOv8 with an additional level of stride 4, for small objects.
  static let yolov8P2 = Architecture(
    "yolov8", variant: "-p2",
    wayUp + [
      Node(.upsampling),
      Node(.concatenation, [Node.previous, 2]),
      Node(.stage(128, depth: 3, addsInput: false)),  // 18
      Node(.convolution(128)),
      Node(.concatenation, [Node.previous, 15]),
      Node(.stage(256, depth: 3, addsInput: false)),  // 21
      Node(.convolution(256)),
      Node(.concatenation, [Node.previous, 12]),
      Node(.stage(512, depth: 3, addsInput: false)),  // 24
      Node(.convolution(512)),
      Node(.concatenation, [Node.previous, 9]),
      Node(.stage(1024, depth: 3, addsInput: false)),  // 27
      Node(.detection, [18, 21, 24, 27]),
    ])

  /// The backbone and the upward part of the neck to stride 8, which all architectures share.
  private static let wayUp =
    backbone + [
      Node(.upsampling),  // 10
      Node(.concatenation, [Node.previous, 6]),
      Node(.stage(512, depth: 3, addsInput: false)),  // 12
      Node(.upsampling),
      Node(.concatenation, [Node.previous, 4]),
      Node(.stage(256, depth: 3, addsInput: false)),  // 15
    ]

  private static let backbone = [
    Node(.convolution(64)),  // 0
    Node(.convolution(128)),
    Node(.stage(128, depth: 3, addsInput: true)),  // 2
    Node(.convolution(256)),
    Node(.stage(256, depth: 6, addsInput: true)),  // 4
    Node(.convolution(512)),
    Node(.stage(512, depth: 6, addsInput: true)),  // 6
    Node(.convolution(1024)),
    Node(.stage(1024, depth: 3, addsInput: true)),  // 8
    Node(.pooling(1024)),
  ]
}
