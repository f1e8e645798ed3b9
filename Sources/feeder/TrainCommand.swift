import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederReporting
import FeederTraining
import Foundation

/// `feeder train`: trains, and writes the run folder.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains a detector and writes a run folder.")

  @Argument(help: "A data.yaml, or the folder that holds one.")
  var data: String
  @Option(parsing: .unconditional, help: "The run folder; taken names get a number. (default: runs/train)")
  var out: String?
  @Option(parsing: .unconditional, help: "Go on with the run in this folder, with its settings.")
  var resume: String?
  @Option(parsing: .unconditional, help: "A YAML file of the same keys; flags win.")
  var config: String?
  @OptionGroup var options: TrainOptions
  @Flag(help: "Print what the run would take of memory, layer by layer, and leave.")
  var plan = false
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  private struct Report: Encodable {
    let runFolder: String
    let outcome: String
    let epochsDone: Int
    let last: String
    let best: String
    let memory: Memory

    struct Memory: Encodable {
      let plannedGrowthBytes: Int
      let growthBytes: Int
    }
  }

  func run() throws {
    if resume != nil, out != nil || config != nil {
      throw CommandError("--resume goes on in its own folder with its own settings: leave --out and --config away")
    }
    let resumed = try resume.map(RunFolder.init(resuming:))
    let arguments = try RunArguments(flags: options.given, file: resumed?.arguments.path ?? config)
    var settings = try arguments.settings()
    let sourceOptions = try arguments.sourceOptions(imageSize: settings.imageSize)
    let dataset = try Dataset.open(data)
    if let path = settings.startWeights, resumed == nil { _ = try WeightsFile(path: path) }
    let opener = SourceOpener(reporting: dataset, sourceOptions)
    let train = try opener.open(.train)
    guard train.entries.contains(where: { !$0.labels.isEmpty }) else {
      throw CommandError(
        "\(dataset.configurationURL.path): no image of 'train' has a box; its label files belong into the twin folder "
          + "'labels'")
    }
    let validation = try opener.open(.val)
    let memory = MemoryPlanning(dataset, train: train.source, validation: validation.source, sourceOptions.memory)
    settings = try memory.withBatch(settings)
    if plan { return try memory.print(settings, json: json) }
    let folder = try resumed ?? RunFolder(making: out ?? "runs/train")
    do {
      if resumed == nil {
        let text = try arguments.yaml(settings, sourceOptions, data: data, out: folder.url.path)
        try Data(text.utf8).write(to: folder.arguments, options: .atomic)
      }
      try run(in: folder, settings, dataset, train.source, validation.source, memory: sourceOptions.memory)
    } catch {
      if resumed == nil { folder.removeWithoutWeights() }
      throw error
    }
  }

  private func run(
    in folder: RunFolder, _ settings: TrainingSettings, _ dataset: Dataset, _ train: any ImageSource,
    _ validation: any ImageSource, memory: Int
  ) throws {
    let interruption = Interruption()
    let line = try TrainingLine(results: results(folder, isNew: resume == nil))
    let trainer = try Trainer(
      settings: settings, classNames: dataset.classNames, trainSource: train, validationSource: validation,
      weightsFolder: folder.weights, resume: resume != nil, memoryBudget: memory, observer: line,
      isCancelled: { interruption.cancellation.isCancelled })
    if trainer.isFinished {
      Terminal.say("\(folder.url.path): this run is finished; nothing to do")
      return try report(folder, "finished", trainer)
    }
    Terminal.say(
      "training \(settings.model.modelName) on \(train.count) images, validating on \(validation.count), "
        + "\(settings.device), \(settings.engineThreads) engine threads; run folder: \(folder.url.path)")
    try finish(trainer.run(), folder, trainer)
  }

  private func results(_ folder: RunFolder, isNew: Bool) throws -> ResultsCSV {
    if isNew { return try ResultsCSV(creating: folder.results) }
    let done = try WeightsFile(path: folder.weights.appending(path: "last.safetensors").path).epochsDone
    return try ResultsCSV(continuing: folder.results, from: done + 1)
  }

  private func finish(_ outcome: TrainingOutcome, _ folder: RunFolder, _ trainer: Trainer) throws {
    switch outcome {
    case .finished:
      Terminal.say("done: \(folder.url.path)")
      try report(folder, "finished", trainer)
    case .stoppedEarly(let best):
      Terminal.say("no better result since epoch \(best + 1): stopped early; \(folder.url.path)")
      try report(folder, "stopped_early", trainer)
    case .stoppedAfterSteps:
      Terminal.say(
        "stopped after \(options.stopAfterSteps ?? "the given") steps; go on with --resume \(folder.url.path), "
          + "and --stop-after-steps 0 to go to the end")
      try report(folder, "stopped_after_steps", trainer)
    case .interrupted:
      Terminal.say("interrupted: a checkpoint is written; go on with --resume \(folder.url.path)")
      throw ExitCode(Interruption.exitStatus)
    }
  }

  private func report(_ folder: RunFolder, _ outcome: String, _ trainer: Trainer) throws {
    guard json else { return }
    try Terminal.printJSON(
      Report(
        runFolder: folder.url.path, outcome: outcome, epochsDone: trainer.nextEpoch,
        last: folder.weights.appending(path: "last.safetensors").path,
        best: folder.weights.appending(path: "best.safetensors").path,
        memory: Report.Memory(
          plannedGrowthBytes: trainer.memory.plan.growthByteCount, growthBytes: trainer.memory.growthByteCount)))
  }
}
