import ArgumentParser
import FeederDetection
import FeederFiles
import FeederRun
import FeederWeights

/// `feeder import`: reads a checkpoint of torch and writes its weights as Feeder's own.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Writes the weights of a .pt file as .safetensors, in float32.",
    discussion: """
      Nothing in the file is run, and no Python is needed. Every command that takes weights also reads the .pt itself. The \
      licence and the version that the file states are kept in all weights that descend from it.
      """)

  @Argument(help: "The checkpoint, a .pt file of a YOLOv8 detector.")
  var weights: String
  @Option(help: "The .safetensors file to write.")
  var out: String
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  private struct Report: Encodable {
    let out: String
    let model: String
    let tensorCount: Int
    let classNames: [String]?
    let imageSize: String?
    let origin: [String: String]
  }

  func run() throws {
    let output = try OutputFile.open(out, option: "--out", WeightsWriter.signature, json: json) { [weights] }
    let file = try WeightsFile(path: weights)
    let (design, classCount) = try file.detector()
    if let names = file.classNames, names.count != classCount {
      throw CommandError("\(weights): names \(names.count) classes, and its head has \(classCount); is it damaged?")
    }
    let model = try DetectionNetwork(design, classCount: classCount)
    try file.load(into: model)
    var metadata = file.origin?.metadata ?? [:]
    for key in ["names", "image_size"] { metadata[key] = file.metadata[key] }
    metadata.merge(["format": "feeder", "model": design.name]) { $1 }
    let state = model.state.map { (name: $0.name, tensor: $0.tensor) }
    try output?.deliver(try WeightsWriter.data(state, metadata: metadata), as: "weights")
    let classes = file.classNames.map { ": " + $0.prefix(10).joined(separator: ", ") + ($0.count > 10 ? ", ..." : "") }
    try Terminal.show(
      ["\(design.name), \(state.count) tensors, \(classCount) classes\(classes ?? ", which it does not name")"]
        + [file.origin.map { "these weights \($0.line)" }].compactMap { $0 },
      json: json,
      Report(
        out: output?.path ?? out, model: design.name, tensorCount: state.count, classNames: file.classNames,
        imageSize: file.metadata["image_size"], origin: file.origin?.metadata ?? [:]))
  }
}
