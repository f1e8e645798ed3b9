import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederFiles
import FeederLoader
import FeederMetrics
import FeederReporting
import FeederRun
import FeederTraining
import FeederWeights
import Foundation

/// `feeder val`: prints the accuracy of weights on a data set.
struct ValCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "val", abstract: "Prints the accuracy of weights.", discussion: ScoringOptions.discussion)

  @Argument(help: "Weights, a .safetensors or .pt file.")
  var weights: String
  @Argument(help: "A data.yaml, or the folder that holds one.")
  var data: String
  @Option(help: "The split to validate on: train, val or test.")
  var split = Split.val
  @Option(help: "Write the detections as COCO results JSON.")
  var savePredictions: String?
  @OptionGroup var options: ModelOptions
  @OptionGroup var tiles: TileFlags
  @OptionGroup var sources: DataOptions
  @OptionGroup var scoring: ScoringOptions
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func run() throws {
    let dataset = try sources.dataset(data)
    let predictions = try OutputFile.open(
      savePredictions, option: "--save-predictions", PredictionsFile.signature, json: json
    ) { InputFiles.of(dataset, weights) }
    let loaded = try options.load(weights)
    let match = try ClassMatch(
      loaded.file, classNames: dataset.classNames, data: dataset.configurationURL.path)
    if let line = match.line { Terminal.say(line) }
    let tiling = try tiles.tiling(
      try dataset.entries(split), imageSize: loaded.imageSize, weights: loaded.file, say: Terminal.say)
    let source = try sources.opener(
      dataset, imageSize: loaded.imageSize, training: loaded.file.training, tileSide: tiling?.side,
      limits: tiles.limits
    ).open(split).source
    var settings = LoaderSettings(
      batch: options.batch, imageSize: loaded.imageSize, mode: .validation, prefetchDepth: 2,
      memoryBudget: sources.memory.bytes)
    settings.tiling = tiling
    let validator = try Validator(
      source: source, settings: settings, device: loaded.device, precision: loaded.precision,
      bound: DetectionBound(given: scoring.detections.maxDetections, mostBoxes: source.mostLabels))
    validator.bound.line.map(Terminal.say)
    source.tinyBoxes(tiling).line(split.rawValue, imageSize: loaded.imageSize).map(Terminal.say)
    defer { for image in validator.damagedImages { Terminal.say(image.line) } }
    let interruption = Interruption()
    let bar = ProgressBar(
      "validating", total: validator.batchCount, unit: "batches")
    let found = try validator(
      loaded.model, progress: { _, _ in bar.advance() }, isCancelled: { interruption.cancellation.isCancelled })
    guard let results = found.map(match.callAsFunction) else {
      Terminal.say("feeder: interrupted; nothing is written")
      throw QuietEnd(status: Interruption.exitStatus)
    }
    try predictions?.deliver(PredictionsFile.data(results.map { ($0.imageID, $0.detections) }), as: "predictions")
    validator.cutLine(results).map(Terminal.say)
    validator.joinedLine.map(Terminal.say)
    let report = try scoring.report(results, classNames: dataset.classNames, inTiles: tiling != nil)
    try Terminal.show(report.lines, json: json, report)
  }
}
