import FeederCore
import FeederDetection
import FeederFiles
import FeederWeights

/// Turns a network into an ONNX file. Equal weights and settings give equal bytes: the file holds no time, path or name.
package enum ModelExport {
  /// The ending of the files.
  package static let ending = "onnx"

  /// Recognises a file that Feeder wrote.
  package static let signature = FileSignature { $0.holds(ONNXModel.ownStart) }

  /// The model of `network`, whose weights came from `path`. Throws `WeightsError.unusable` if a weight is not finite, or
  /// `EngineError`.
  package static func model(
    _ network: DetectionNetwork, from path: String, _ settings: ExportSettings, facts: ExportFacts
  ) throws -> ONNXModel {
    let builder = GraphBuilder()
    let images = builder.input(
      inputName, settings.input == .float ? .float : .uint8,
      [
        settings.batch.map { .fixed($0) } ?? .free(HeadGraph.freeBatch), .fixed(settings.channels),
        .fixed(settings.size.height), .fixed(settings.size.width),
      ])
    let numbers =
      settings.input == .float
      ? images : builder.add("Cast", images, with: ["to": .number(ONNXElement.float.rawValue)])
    let operators = GraphOperators(network, builder, input: numbers, weightsPath: path) { first in
      let first = settings.channels == 1 ? first.ofOneChannel() : first
      return settings.input == .float ? first : first.dividing(by: 255)
    }
    HeadGraph(network, builder, settings).write(try network.walk(numbers, operators))
    var model = ONNXModel(graph: builder.finished(called: network.design.name))
    model.producerVersion = Release.version
    model.notes = try facts.notes(network, settings)
    return model
  }

  /// The name of the graph's input.
  static let inputName = "images"
}
