import FeederDetection
import FeederWeights

/// Writes a forward pass down as a graph: a value is the name that it has there.
final class GraphOperators: NetworkOperators {
  /// The logits of a level, by their names.
  struct Level {
    let boxes: String
    let classes: String
  }

  private let builder: GraphBuilder
  private let layerNames: [ObjectIdentifier: String]
  private let input: String
  private let changeFirst: (FoldedConvolution) -> FoldedConvolution
  private let weightsPath: String

  /// Writes the passes of `network` to `builder`. A convolution that reads `input`, the images, is changed by
  /// `changeFirst`. `weightsPath` is named if the weights cannot be written.
  init(
    _ network: DetectionNetwork, _ builder: GraphBuilder, input: String, weightsPath: String,
    changeFirst: @escaping (FoldedConvolution) -> FoldedConvolution
  ) {
    (self.builder, self.input, self.weightsPath, self.changeFirst) = (builder, input, weightsPath, changeFirst)
    layerNames = Dictionary(
      uniqueKeysWithValues: network.state.filter { $0.kind == .convolution }.map {
        (ObjectIdentifier($0.tensor), String($0.name.dropLast(".weight".count)))
      })
  }

  func block(_ x: String, _ layer: ConvolutionBlock) throws -> String {
    let name = layerNames[ObjectIdentifier(layer.weight)] ?? ""
    let y = try write(x, FoldedConvolution(layer), name, stride: layer.stride, padding: layer.padding)
    return builder.add("Mul", y, builder.add("Sigmoid", y, name: name + ".sigmoid"), name: name + ".silu")
  }

  func convolution(_ x: String, _ layer: Convolution) throws -> String {
    let name = layerNames[ObjectIdentifier(layer.weight)] ?? ""
    return try write(x, FoldedConvolution(layer), name, stride: 1, padding: 0)
  }

  func halves(_ x: String, _ count: Int) -> [String] {
    builder.add("Split", [x, builder.list([count, count])], outputs: 2, with: ["axis": .number(1)])
  }

  func joined(_ values: [String]) -> String { builder.add("Concat", values, with: ["axis": .number(1)])[0] }

  func sum(_ x: String, _ y: String) -> String { builder.add("Add", x, y) }

  func maximum(_ x: String, kernel: Int) -> String {
    builder.add("MaxPool", x, with: Self.window(kernel, stride: 1, padding: kernel / 2))
  }

  func upsampled(_ x: String) -> String {
    // The rule of a pixel that is repeated: its cell is the quotient without the rest.
    builder.add(
      "Resize", x, "", builder.floats("scales", [1, 1, 2, 2], [4]),
      with: [
        "mode": .text("nearest"), "nearest_mode": .text("floor"),
        "coordinate_transformation_mode": .text("asymmetric"),
      ])
  }

  func level(boxes: String, classes: String) -> Level { Level(boxes: boxes, classes: classes) }

  private func write(
    _ x: String, _ convolution: FoldedConvolution, _ name: String, stride: Int, padding: Int
  ) throws -> String {
    let convolution = x == input ? changeFirst(convolution) : convolution
    guard convolution.isFinite else {
      throw WeightsError.unusable(
        file: weightsPath,
        reason: "'\(name)' holds numbers that are not finite; the training diverged: give other weights")
    }
    return builder.add(
      "Conv", x, builder.floats(name + ".weight", convolution.weights.map { Float($0) }, convolution.shape),
      builder.floats(name + ".bias", convolution.bias.map { Float($0) }, [convolution.bias.count]), name: name,
      with: Self.window(convolution.shape[2], stride: stride, padding: padding))
  }

  private static func window(_ kernel: Int, stride: Int, padding: Int) -> [String: ONNXNode.Attribute] {
    [
      "kernel_shape": .numbers([kernel, kernel]), "strides": .numbers([stride, stride]),
      "pads": .numbers([padding, padding, padding, padding]),
    ]
  }
}
