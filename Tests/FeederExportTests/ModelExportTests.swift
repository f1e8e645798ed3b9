import FeederCore
import FeederDetection
import FeederExport
import FeederTorch
import Foundation
import Testing

@Suite("A network becomes an ONNX file")
struct ModelExportTests {
  @Test("the same weights give the same bytes, other weights others, and the file is read back as it was written")
  func bytes() throws {
    let settings = ExportSettings()
    let model = try TestNetwork.model(TestNetwork.make(), settings)
    let bytes = model.bytes
    #expect(try TestNetwork.model(TestNetwork.make(), settings).bytes == bytes)
    #expect(try TestNetwork.model(TestNetwork.make(seed: 2), settings).bytes != bytes)
    #expect(try ONNXModel(bytes) == model)
    // ir_version 8, producer_name "feeder": what the signature knows the file by.
    #expect(bytes.starts(with: [0x08, 0x08, 0x12, 0x06] + Array("feeder".utf8)))
  }

  @Test("every node reads what stands before it, and no name is given twice", arguments: ExportSettings.Form.allCases)
  func order(_ form: ExportSettings.Form) throws {
    var settings = ExportSettings()
    (settings.form, settings.size) = (form, PixelSize(width: 96, height: 64))
    let graph = try TestNetwork.model(TestNetwork.make("yolov8n-p2"), settings).graph
    var known = Set(graph.inputs.map(\.name))
    for constant in graph.constants { #expect(known.insert(constant.name).inserted, "\(constant.name)") }
    for node in graph.nodes {
      #expect(node.inputs.allSatisfy { $0.isEmpty || known.contains($0) }, "\(node.name)")
      for output in node.outputs { #expect(known.insert(output).inserted, "\(output)") }
    }
    #expect(graph.outputs.allSatisfy { known.contains($0.name) })
    let read = Set(graph.nodes.flatMap(\.inputs))
    #expect(graph.constants.allSatisfy { read.contains($0.name) }, "a constant that nobody reads")
    let last = Set(graph.outputs.map(\.name))
    for node in graph.nodes {
      #expect(node.outputs.contains { read.contains($0) || last.contains($0) }, "\(node.name) is for nobody")
    }
  }

  @Test("the graph has the operators of the network: no norm, one convolution per convolution")
  func operators() throws {
    let network = try TestNetwork.make()
    let nodes = try TestNetwork.model(network, ExportSettings()).graph.nodes
    let counts = Dictionary(grouping: nodes, by: \.operation).mapValues(\.count)
    let convolutions = network.state.count { $0.kind == .convolution }
    #expect(counts["Conv"] == convolutions + 1)  // and the mean over the bins
    #expect(counts["BatchNormalization"] == nil && counts["MaxPool"] == 3 && counts["Resize"] == 2)
    // A bottleneck that adds its input: 1 + 2 + 2 + 1 at the depth of n; and two sums of corners.
    #expect(counts["Add"] == 6 + 2)
  }

  @Test("a folded convolution computes what convolution and norm compute, also for bytes and for one channel")
  func folding() throws {
    let network = try TestNetwork.make()
    func state(_ name: String) throws -> Tensor { try #require(network.state.first { $0.name == name }).tensor }
    let grey = try TestNetwork.bytes(height: 32, width: 32, count: 1, channels: 1).to(.float32)
    let x = try grey.expanded([-1, 3, -1, -1]) * (1.0 / 255)
    let wanted = try x.conv2d(state("model.0.conv.weight"), stride: 2, padding: 1).batchNorm(
      weight: state("model.0.bn.weight"), bias: state("model.0.bn.bias"),
      runningMean: state("model.0.bn.running_mean"), runningVariance: state("model.0.bn.running_var"), training: false,
      momentum: 0.03, epsilon: 1e-3)
    for (input, channels) in [(ExportSettings.Input.float, 3), (.float, 1), (.uint8, 3), (.uint8, 1)] {
      var settings = ExportSettings()
      (settings.input, settings.channels) = (input, channels)
      let constants = try TestNetwork.model(network, settings).graph.constants
      func constant(_ name: String) throws -> Tensor {
        let found = try #require(constants.first { $0.name == name })
        return try Tensor(#require(found.floats), shape: found.shape)
      }
      let images = try grey.expanded([-1, channels, -1, -1]) * (input == .float ? 1.0 / 255 : 1)
      let found = try images.conv2d(
        constant("model.0.conv.weight"), bias: constant("model.0.conv.bias"), stride: 2, padding: 1)
      let apart = zip(try found.array(of: Float.self), try wanted.array(of: Float.self)).map { abs($0 - $1) }.max()
      #expect(try #require(apart) < 1e-5, "\(input), \(channels)")
    }
  }

  @Test("inputs, outputs and notes say what the settings say")
  func facts() throws {
    let network = try TestNetwork.make(classCount: 2)
    var settings = ExportSettings()
    (settings.size, settings.batch, settings.input) = (PixelSize(width: 96, height: 64), 4, .uint8)
    let model = try ModelExport.model(
      network, from: "test", settings, facts: ExportFacts(classNames: ["it's a \\ back", "Löt\nstelle"]))
    #expect(model.graph.inputs.map(\.shape) == [[.fixed(4), .fixed(3), .fixed(64), .fixed(96)]])
    #expect(model.graph.inputs.map(\.element) == [.uint8])
    #expect(model.graph.outputs.map(\.shape) == [[.fixed(4), .fixed(6), .fixed(126)]])
    let notes = Dictionary(uniqueKeysWithValues: model.notes.map { ($0.key, $0.value) })
    #expect(
      notes["imgsz"] == "[64, 96]" && notes["batch"] == "4" && notes["stride"] == "32" && notes["task"] == "detect")
    #expect(notes["names"] == "{0: 'it\\'s a \\\\ back', 1: 'Löt\\x0astelle'}")
    #expect(notes["feeder.model"] == "yolov8n" && notes["feeder.form"] == "decoded" && notes["feeder.conf"] == nil)
    settings.batch = nil
    let free = try TestNetwork.model(network, settings).graph
    #expect(free.inputs[0].shape[0] == .free("batch") && free.outputs[0].shape[0] == .free("batch"))
  }

  @Test("weights that are not finite are refused by the name of the layer")
  func notFinite() throws {
    let network = try TestNetwork.make()
    let entry = try #require(network.state.first { $0.name == "model.4.m.1.cv2.bn.bias" })
    try entry.tensor.fill(.nan)
    let error = #expect(throws: (any Error).self) { _ = try TestNetwork.model(network, ExportSettings()) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("model.4.m.1.cv2.conv"))
  }
}
