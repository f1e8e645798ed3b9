import ArgumentParser
import FeederCache
import FeederCodecs
import FeederCore
import FeederDatasets
import FeederExport
import FeederFiles
import FeederImaging
import FeederReporting
import FeederRun
import FeederSynthetic
import FeederTorch
import FeederTraining
import FeederWeights
import Foundation

/// `feeder export`: writes trained weights as an ONNX file, with an example beside it.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes trained weights as an ONNX file, for ONNX Runtime, OpenVINO, TensorRT and others.",
    discussion: """
      Beside NAME.onnx two files let its user check his code: NAME.example.png, an image, and NAME.example.json, the hash of the \
      tensor that it must become and the boxes that must be found.
      """)

  @Argument(help: "Weights, a .safetensors file.")
  var weights: String
  @Option(help: "The file to write, which ends in .onnx.")
  var out: String
  @OptionGroup var options: ExportOptions
  @Option(help: "The data of the weights; its first image for validation becomes the example. (default: a drawn board)")
  var data: String?
  @OptionGroup var levels: LevelFlags
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  private struct Report: Encodable {
    let out: String
    let example: String
    let exampleImage: String
    let model: String
    let form: String
    let byteCount: Int
    let sha256: String
    let detectionCount: Int
  }

  func validate() throws {
    if !out.hasSuffix("." + ModelExport.ending) {
      throw ValidationError("--out \(out): end the name in .\(ModelExport.ending), by which its readers know the file")
    }
  }

  func run() throws {
    let dataset = try data.map { try Dataset.open($0) }
    let read = dataset.map { InputFiles.of($0, weights) } ?? [weights]
    let file = try open(out, ModelExport.signature, reading: read)
    let base = String(file.path.dropLast(ModelExport.ending.count + 1))
    let text = try open(base + ".example.json", ExportExample.signature, reading: read)
    let picture = try open(base + ".example.png", PictureMark.signature, reading: read)

    try Engine.setThreadCount(CoreLimit.current.usable)
    let (source, network) = try ModelOptions.network(weights, on: .cpu)
    let settings = try options.settings(source)
    let names =
      source.classNames.flatMap { $0.count == network.classCount ? $0 : nil }
      ?? (0..<network.classCount).map { "class \($0)" }
    let model = try ModelExport.model(network, from: weights, settings, facts: facts(source, classNames: names))
    let pixels = try image(dataset, source, settings)
    let bytes = model.bytes
    let example = try ExportExample(
      network, settings, classNames: names, pixels: pixels, file: Self.name(picture.path), model: Self.name(file.path))
    try picture.write(PictureMark.png(Data(PNGEncoder.encode(pixels))))
    try text.write(example.data())
    try file.write(Data(bytes))
    let shape =
      [settings.batch.map(String.init) ?? "batch"]
      + [settings.channels, settings.size.height, settings.size.width]
      .map(String.init)
    try Terminal.show(
      [
        "\(file.path): \(network.design.name), takes \(shape.joined(separator: " x ")) \(settings.input.rawValue), gives "
          + "\(settings.form.rawValue), \(ByteCount(bytes.count))",
        "example: \(text.path), \(picture.path): \(example.rowCount) detections",
      ], json: json,
      Report(
        out: file.path, example: text.path, exampleImage: picture.path, model: network.design.name,
        form: settings.form.rawValue, byteCount: bytes.count, sha256: SHA256.digits(bytes),
        detectionCount: example.rowCount))
  }

  private static func name(_ path: String) -> String { (path as NSString).lastPathComponent }

  /// Opens a file to write, before any work.
  private func open(_ path: String, _ signature: FileSignature, reading: [String]) throws -> OutputFile {
    let file = try OutputFile(path, option: "--out", signature) { reading }
    if let note = file.note { Terminal.say(note) }
    return file
  }

  /// What the file says beside what it takes and gives.
  private func facts(_ file: WeightsFile, classNames: [String]) -> ExportFacts {
    var facts = ExportFacts(classNames: classNames)
    facts.own["data_xxh64"] = file.dataSum
    facts.own["weights_xxh64"] = file.checksum
    if case .levels(let window) = file.training {
      facts.own["window"] = window.text
      facts.own["curve"] = window.curve.rawValue
    }
    return facts
  }

  /// The image of the example, in the channels of the input: the first of `val`, or a drawn board.
  private func image(_ dataset: Dataset?, _ file: WeightsFile, _ settings: ExportSettings) throws -> Pixels {
    guard let dataset else {
      if levels.window != "auto" { IdleFlags.say("--window", "the example is drawn without --data") }
      if levels.curve != "auto" { IdleFlags.say("--curve", "the example is drawn without --data") }
      var board = SyntheticSettings()
      board.channels = settings.channels
      // Lower than the input, so that the example needs padding, and as wide, so that no resize can differ.
      let least = SyntheticSettings.sides.lowerBound
      board.size = PixelSize(
        width: max(settings.size.width, least), height: max(settings.size.height * 3 / 4, least))
      return SyntheticDataset.pixels(of: 0, board)
    }
    let entries = Array(try dataset.entries(.val).prefix(1))
    guard let entry = entries.first else {
      throw CommandError("\(dataset.configurationURL.path): its val has no image")
    }
    let window = try levels.options(training: file.training).window(
      for: SourceSurvey(entries), say: { Terminal.say($0) })
    return try DecodeScratch(pictureWindow: window).picture(entry.imagePath, channels: settings.channels)
  }
}
