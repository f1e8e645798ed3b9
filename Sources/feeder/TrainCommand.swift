import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederReporting
import FeederTorch
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
  @OptionGroup var tracing: TraceOptions
  @Flag(help: "Print what the run would take of memory, layer by layer, and leave.")
  var plan = false
  @Flag(help: "Show what the loader's tuner decides, and why.")
  var verbose = false
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
    let lifeline = RankCrew.watchCrew()
    defer { withExtendedLifetime(lifeline) {} }
    let detection = try RankDetection(ProcessInfo.processInfo.environment)
    let place = detection?.place ?? .alone
    if !place.leads { Terminal.quietName.withLock { $0 = "rank \(place.rank)" } }
    let resumed = try resume.map(RunFolder.init(resuming:)) ?? restarted(detection)
    let arguments = try RunArguments(
      flags: options.given, file: resumed?.arguments.path ?? config, goesOn: resumed != nil)
    if detection == nil, try arguments.rankCount() > 1 {
      return try RankCrew(count: arguments.rankCount()) { _ = try arguments.settings($0) }.run()
    }
    var settings = try arguments.settings(place)
    let sourceOptions = try arguments.sourceOptions(imageSize: settings.imageSize)
    let dataset = try Dataset.open(data)
    if let path = settings.startWeights, resumed == nil { _ = try WeightsFile(path: path) }
    let opener = SourceOpener(reporting: dataset, sourceOptions)
    let (train, validation) = try open(opener, sourceOptions, place)
    guard train.entries.contains(where: { !$0.labels.isEmpty }) else {
      throw CommandError(
        "\(dataset.configurationURL.path): no image of 'train' has a box; its label files belong into the twin folder "
          + "'labels'")
    }
    let loaderBudget = place.share(of: sourceOptions.memory)
    let memory = MemoryPlanning(dataset, train: train.source, validation: validation.source, loaderBudget)
    let ranks = try detection.map(join)
    settings.precision = try precision(settings, dataset, train.source, ranks)
    settings = try memory.withBatch(settings, ranks)
    if plan { return try memory.print(settings, json: json) }
    settings.learnedFile = settings.learnedLoader(dataset, train, sourceOptions)
    let folder = try resumed ?? (place.leads ? RunFolder(making: out ?? Self.defaultOut) : RunFolder.none)
    do {
      if resumed == nil, place.leads {
        let text = try arguments.yaml(settings, sourceOptions, data: data, out: folder.url.path)
        try Data(text.utf8).write(to: folder.arguments, options: .atomic)
      }
      // Rank 0 alone writes.
      try tracing.during(writes: place.leads) { trace in
        try run(in: folder, settings, dataset, train.source, validation.source, memory: loaderBudget, ranks, trace)
      }
    } catch {
      if resumed == nil, place.leads { folder.removeWithoutWeights() }
      throw error
    }
  }

  private func run(
    in folder: RunFolder, _ settings: TrainingSettings, _ dataset: Dataset, _ train: any ImageSource,
    _ validation: any ImageSource, memory: Int, _ ranks: Ranks?, _ trace: Trace?
  ) throws {
    let interruption = Interruption()
    let isNew = !FileManager.default.fileExists(atPath: folder.lastWeights.path)
    let observer = settings.place.leads ? try observers(folder, isNew: isNew) : SilentLine()
    let trainer = try Trainer(
      settings: settings, classNames: dataset.classNames, trainSource: train, validationSource: validation,
      weightsFolder: folder.weights, resume: !isNew, memoryBudget: memory, observer: observer, ranks: ranks,
      trace: trace,
      isCancelled: { interruption.cancellation.isCancelled })
    if trainer.isFinished {
      Terminal.say("\(folder.url.path): this run is finished; nothing to do")
      return try report(folder, "finished", trainer)
    }
    Terminal.say(
      "training \(settings.model.modelName) on \(train.count) images, validating on \(validation.count), "
        + "\(settings.device), \(settings.engineThreads) engine threads\(ranks.map { " in each of \($0.place.count) ranks" } ?? ""); run folder: \(folder.url.path)"
    )
    try finish(trainer.run(), folder, trainer)
  }

  private static let defaultOut = "runs/train"

  /// The run that an earlier attempt of the same job began: whoever starts ranks again after a failure gives the same command.
  private func restarted(_ detection: RankDetection?) -> RunFolder? {
    guard let detection, detection.restartCount > 0, let folder = RunFolder(newestOf: out ?? Self.defaultOut) else {
      return nil
    }
    Terminal.say("restart \(detection.restartCount) by \(detection.starter): going on with \(folder.url.path)")
    return folder
  }

  /// Both splits. Of ranks on one machine one builds the cache, and the others wait for it outside of any joint work.
  private func open(
    _ opener: SourceOpener, _ options: SourceOptions, _ place: RankPlace
  ) throws -> (train: OpenedSource, validation: OpenedSource) {
    func both() throws -> (OpenedSource, OpenedSource) { (try opener.open(.train), try opener.open(.val)) }
    guard place.localCount > 1, options.cache != .none else { return try both() }
    return try CacheFolder(options.cacheFolder).alone(both)
  }

  /// What `--precision auto` comes to: the device's own, if it passes a trial on these images, on every rank.
  private func precision(
    _ settings: TrainingSettings, _ dataset: Dataset, _ source: any ImageSource, _ ranks: Ranks?
  ) throws -> Precision {
    guard settings.precision == .auto else { return settings.precision }
    let (precision, line) = try PrecisionProbe(settings, classCount: dataset.classNames.count, source: source)
      .choose(PrecisionPolicy(.auto, on: settings.device), ranks)
    Terminal.say("precision: \(line)")
    return precision
  }

  private func join(_ detection: RankDetection) throws -> Ranks {
    let place = detection.place
    let group = try ProcessGroup(detection.meeting, rank: place.rank, count: place.count)
    Terminal.say("ranks: \(place.count), \(place.localCount) of them here, started by \(detection.starter)")
    return Ranks(group, place: place)
  }

  private func observers(_ folder: RunFolder, isNew: Bool) throws -> any TrainingObserver {
    TrainingObservers([
      TrainingLine(results: try results(folder, isNew: isNew), isVerbose: verbose),
      TelemetryRecorder(folder.telemetry),
    ])
  }

  private func results(_ folder: RunFolder, isNew: Bool) throws -> ResultsCSV {
    if isNew { return try ResultsCSV(creating: folder.results) }
    let done = try WeightsFile(path: folder.lastWeights.path).epochsDone
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
    guard json, trainer.leads else { return }
    try Terminal.printJSON(
      Report(
        runFolder: folder.url.path, outcome: outcome, epochsDone: trainer.nextEpoch,
        last: folder.weights.appending(path: "last.safetensors").path,
        best: folder.weights.appending(path: "best.safetensors").path,
        memory: Report.Memory(
          plannedGrowthBytes: trainer.memory.plan.growthByteCount, growthBytes: trainer.memory.growthByteCount)))
  }
}
