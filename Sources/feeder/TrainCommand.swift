import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederFiles
import FeederReporting
import FeederRun
import FeederTorch
import FeederTraining
import Foundation
import Synchronization

/// `feeder train`: trains, and writes the run folder.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains a detector and writes a run folder.")

  @Argument(
    help: "A data.yaml, or the folder that holds one. With --resume only to say where the run's data lies now.")
  var data: String?
  @Option(parsing: .unconditional, help: "The run folder; taken names get a number. (default: runs/train)")
  var out: String?
  @Option(
    parsing: .unconditional,
    help: "Go on with the run in this folder, with its data and settings; some may change (docs/run-folder.md).")
  var resume: String?
  @Option(parsing: .unconditional, help: "A YAML file of the same keys; flags win.")
  var config: String?
  @OptionGroup var options: TrainOptions
  @OptionGroup var tracing: TraceOptions
  @Flag(help: "Print what the run would take of memory, layer by layer, and leave.")
  var plan = false
  @Flag(help: "Show what the loader's tuner decides, and why.")
  var verbose = false
  @Option(
    help:
      "Seconds without any progress, or ten steps where these are longer, after which the run is stuck and ends; 0: never."
  )
  var watchdog = 60.0
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func validate() throws {
    if data == nil, resume == nil {
      throw ValidationError("Missing expected argument '<data>': name a data.yaml, or --resume with a run folder")
    }
    if !(watchdog == 0 || (1...86_400).contains(watchdog)) {
      throw ValidationError("--watchdog \(watchdog): give 1 to 86400 seconds, or 0")
    }
  }

  private struct Report: Encodable {
    let runFolder: String
    let outcome: String
    let epochsDone: Int
    let last: String
    let best: String
    let report: String?
    let memory: Memory

    struct Memory: Encodable {
      let plannedGrowthBytes: Int
      let growthBytes: Int

      init(_ watch: MemoryWatch) {
        plannedGrowthBytes = watch.plan.growthByteCount
        growthBytes = watch.growthByteCount
      }
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
    if let resumed {
      try ResumeRules.check(arguments, flags: options.given, file: resumed.arguments.path, place)
      try checkEpochs(arguments, resumed)
    }
    guard let data = data ?? arguments.data else {
      throw CommandError(
        "\(resumed?.arguments.path ?? ""): names no data; name it, as in feeder train DATA --resume RUN")
    }
    if detection == nil, try arguments.rankCount() > 1 {
      if let resumed { try RunLock.check(resumed.url) }
      return try RankCrew(count: arguments.rankCount()) { _ = try arguments.plan(at: $0) }.run()
    }
    var settings = try arguments.plan(at: place)
    try ThreadRoom.check(settings)
    try settings.adopt()  // also for the trials before the run
    let sourceOptions = SourceOptions(settings.request)
    let dataset = try open(data, of: resumed, settings.request)
    // Rank 0 alone writes the run folder, and holds it.
    if place.leads, !plan { try resumed.map(hold) }
    defer { Self.release() }
    if place.leads, !plan, let resumed {
      try resumed.checkOneRun(arguments.deciding(settings, sourceOptions))
      try resumed.prepareWeights()
    }
    if let path = settings.startWeights, resumed == nil { _ = try WeightsFile(path: path) }
    let traceFiles = { InputFiles.of(dataset, settings.startWeights, config) }
    // The folder of the run itself is made later.
    let early = place.leads && tracing.hasFolder ? try tracing.open(json: json, reading: traceFiles) : nil
    let opener = SourceOpener(reporting: dataset, sourceOptions)
    let (train, validation) = try open(opener, sourceOptions, place)
    guard train.entries.contains(where: { !$0.labels.isEmpty }) else {
      let files = train.entries.count { FileManager.default.fileExists(atPath: $0.labelPath) }
      throw CommandError(
        "\(dataset.configurationURL.path): no image of 'train' has a box; "
          + (files > 0
            ? "its \(files) label files hold none" : "its label files belong into the twin folder 'labels'"))
    }
    guard validation.entries.contains(where: { !$0.labels.isEmpty }) else {
      throw CommandError(
        "\(dataset.configurationURL.path): no image of 'val' has a box, so no weights could be chosen as the best; give 'val' images "
          + "with boxes")
    }
    for (split, opened) in [(Split.train, train), (.val, validation)] {
      opened.source.tinyBoxes.line(split.rawValue, imageSize: settings.imageSize).map(Terminal.say)
    }
    let record = try place.leads && !plan ? dataRecord(dataset, train, validation, of: resumed) : nil
    let loaderBudget = place.share(of: sourceOptions.memory)
    let memory = MemoryPlanning(dataset, train: train.source, validation: validation.source, loaderBudget)
    let ranks = try detection.map { try join($0, settings.device) }
    settings = settings.with(precision: try precision(settings, dataset, train.source, ranks))
    settings = try memory.withBatch(settings, ranks)
    let chosen = try arguments.chosen(at: place, goesOn: resumed != nil)
    var facts = facts(resumed, detection, train, sourceOptions)
    facts.takesAdamW = settings.takesAdamW(classCount: dataset.classNames.count, imageCount: train.source.count)
    IdleFlags.check(chosen, settings, facts)
    if plan { return try memory.print(settings, json: json) }
    settings = settings.with(learnedFile: settings.learnedLoader(dataset, train, sourceOptions))
    let folder = try resumed ?? (place.leads ? RunFolder(making: out ?? Self.defaultOut) : RunFolder.none)
    let drawing = RunDrawing(
      folder: folder, settings: settings, dataset: dataset, train: train, validation: validation, memory: loaderBudget)
    let interruption = Interruption()
    interruption.lastResort.set(leaveWhilePreparing(folder, place))
    let ended: Ended
    var traceFailure: (any Error)?
    do {
      if let record {
        if resumed == nil { try hold(folder) }
        try folder.keep(record)
        let text = try arguments.yaml(settings, sourceOptions, data: data, out: folder.url.path)
        try folder.keep(text)
        if resumed == nil, settings.plots { drawing.before() }
      }
      // Rank 0 alone writes.
      let file = try place.leads ? early ?? tracing.open(json: json, reading: traceFiles) : nil
      (ended, traceFailure) = try TraceOptions.during(file) { trace in
        try run(
          in: folder, settings, dataset, record?.sum, arguments.deciding(settings, sourceOptions), train.source,
          validation.source, memory: loaderBudget, ranks, trace, interruption, wantsEvents: settings.tensorboard)
      }
    } catch TrainingError.rankLost where interruption.cancellation.isCancelled && !place.leads {
      throw ExitCode(Interruption.exitStatus)  // rank 0 is gone, which was asked to stop as well
    } catch {
      if resumed == nil, place.leads {
        Self.release()  // its file is the run's as well
        folder.removeWithoutWeights()
      }
      throw error
    }
    try tell(ended, folder)
    var report: URL?
    if place.leads, ended.isWhole, settings.plots {
      interruption.lastResort.set(leaveWhileDrawing(folder))
      report = drawing.after(interruption)
    }
    if json, place.leads { try Terminal.printJSON(ended.report(folder, report)) }
    if let traceFailure { throw traceFailure }
  }

  /// How a run ended, kept when its trainer, and all that it held, is gone.
  private struct Ended {
    /// Nil where there was nothing left to do.
    let outcome: TrainingOutcome?
    let epochsDone: Int
    let memory: Report.Memory

    /// True where the run has come to its end just now.
    var isWhole: Bool {
      switch outcome {
      case .finished, .stoppedEarly: true
      case .stoppedAfterSteps, .interrupted, nil: false
      }
    }

    func report(_ folder: RunFolder, _ report: URL?) -> Report {
      let name =
        switch outcome {
        case .finished, .interrupted, nil: "finished"
        case .stoppedEarly: "stopped_early"
        case .stoppedAfterSteps: "stopped_after_steps"
        }
      return Report(
        runFolder: folder.url.path, outcome: name, epochsDone: epochsDone, last: folder.lastWeights.path,
        best: folder.bestWeights.path, report: report?.path, memory: memory)
    }
  }

  private func run(
    in folder: RunFolder, _ settings: RunPlan, _ dataset: Dataset, _ dataSum: String?,
    _ deciding: [String: String], _ train: any ImageSource, _ validation: any ImageSource, memory: Int, _ ranks: Ranks?,
    _ trace: Trace?, _ interruption: Interruption, wantsEvents: Bool
  ) throws -> Ended {
    let isNew = folder.checkpointDate == nil
    let leads = settings.place.leads
    let watchdog = Watchdog(seconds: watchdog, leads: leads) { hasCheckpoint in
      guard leads else { return "the rank that writes says how to go on" }
      return hasCheckpoint
        ? "the last checkpoint is kept; go on with: \(folder.resumeCommand)"
        : "no checkpoint was written yet: mend that, and begin again"
    }
    defer { watchdog.stop() }
    let shown = settings.place.leads ? [try observers(folder, isNew: isNew, wantsEvents: wantsEvents)] : []
    let observer = TrainingObservers(shown + [watchdog])
    let trainer = try Trainer(
      settings: settings, classNames: dataset.classNames, trainSource: train, validationSource: validation,
      dataSum: dataSum, deciding: deciding, weightsFolder: folder.weights, resume: !isNew, memoryBudget: memory,
      observer: observer, ranks: ranks, trace: trace,
      isCancelled: { interruption.cancellation.isCancelled })
    if trainer.isFinished {
      Terminal.say("\(folder.url.path): this run is finished; nothing to do")
      return Ended(outcome: nil, epochsDone: trainer.nextEpoch, memory: .init(trainer.memory))
    }
    Terminal.say(
      "training \(settings.model.name) on \(train.count) images, validating on \(validation.count), "
        + "\(settings.device), \(settings.engineThreads) engine threads\(ranks.map { " in each of \($0.place.count) ranks" } ?? ""); run folder: \(folder.url.path)"
    )
    watchdog.watch(trainer)
    if settings.place.leads { interruption.lastResort.set(leaveWhileTraining(folder, trainer.gate)) }
    var next: LastResort.Step?
    defer { interruption.lastResort.set(next) }
    let outcome: TrainingOutcome
    do {
      outcome = try trainer.run()
    } catch let error where settings.place.leads {
      throw CommandError("\(Terminal.words(error)); \(folder.wayOn)")
    }
    // A worker of the loader that waits for a drive which does not answer keeps the trainer from its end.
    if case .interrupted = outcome, settings.place.leads { next = leaveAfterSaving(folder) }
    return Ended(outcome: outcome, epochsDone: trainer.nextEpoch, memory: .init(trainer.memory))
  }

  // What ends a run that was asked to stop and does not, in its three parts. A rank that leaves before rank 0 would end the run of all.

  /// Ends the process; the run folder is free then. `last` is done when nothing is written any more.
  private static func leave(_ status: Int32, last: () -> Void = {}) -> Never {
    release()
    UnfinishedFiles.leave(status) { _ in last() }
  }

  private func leaveWhilePreparing(_ folder: RunFolder, _ place: RankPlace) -> LastResort.Step {
    .init(seconds: place.leads ? 3 : 5) {
      Terminal.say("interrupted before the first step")
      Self.leave(Interruption.exitStatus) { if place.leads { folder.removeWithoutWeights() } }
    }
  }

  /// With a checkpoint of the last whole step.
  private func leaveWhileTraining(_ folder: RunFolder, _ gate: CheckpointGate) -> LastResort.Step {
    .init(seconds: 3) {
      do {
        try gate.save {
          Terminal.say(
            "interrupted: a checkpoint of the last whole step is written; go on with: \(folder.resumeCommand)")
          Self.leave(Interruption.exitStatus)
        }
      } catch {
        Terminal.complain("\(Terminal.words(error)); \(folder.wayOn)")
        Self.leave(1)
      }
    }
  }

  /// With what is written.
  private func leaveAfterSaving(_ folder: RunFolder) -> LastResort.Step {
    .init(seconds: 3) {
      Terminal.say(
        "interrupted: a checkpoint of the last whole step is written; go on with: \(folder.resumeCommand)")
      Self.leave(Interruption.exitStatus)
    }
  }

  private func leaveWhileDrawing(_ folder: RunFolder) -> LastResort.Step {
    .init(seconds: 9) {
      Terminal.say("interrupted: the run is done, and its report is not written: feeder report \(folder.url.path)")
      Self.leave(Interruption.exitStatus)
    }
  }

  private static let defaultOut = "runs/train"

  /// The lock of the run folder: every way out of the process gives it back.
  private static let lock = Mutex<RunLock?>(nil)

  /// Keeps the folder for this process. Ends the process if another one takes it over.
  private func hold(_ folder: RunFolder) throws {
    let lock = try RunLock(folder.url, note: Terminal.say) { line in
      Terminal.complain(line)
      UnfinishedFiles.leave(1)
    }
    Self.lock.withLock { $0 = lock }
  }

  private static func release() { lock.withLock { $0 }?.release() }

  /// What decides which flags have no effect.
  private func facts(
    _ resumed: RunFolder?, _ detection: RankDetection?, _ train: OpenedSource, _ options: SourceOptions
  ) -> IdleFlags.Facts {
    var facts = IdleFlags.Facts()
    facts.goesOn = resumed != nil
    facts.starter = ProcessInfo.processInfo.environment["FEEDER_CREW"] == nil ? detection?.starter : nil
    facts.channels = train.source.channels
    facts.keepsCache = options.cache != .none
    (facts.isVerbose, facts.plansOnly, facts.out, facts.trace) = (verbose, plan, out != nil, tracing.path != nil)
    return facts
  }

  /// What data the run has. Throws if a run that goes on began with other data.
  private func dataRecord(
    _ dataset: Dataset, _ train: OpenedSource, _ validation: OpenedSource, of resumed: RunFolder?
  ) throws -> DataRecord {
    let record = try DataRecord(
      classNames: dataset.classNames, [(split: .train, opened: train), (split: .val, opened: validation)])
    if let resumed {
      try resumed.check(
        record, of: dataset, advice: "put it back, or begin a new run with --weights \(resumed.lastWeights.path)")
    }
    return record
  }

  /// The data set; if that of a run is not where it was, the line says how to name its new place.
  private func open(_ data: String, of resumed: RunFolder?, _ request: TrainingRequest) throws -> Dataset {
    guard let resumed, self.data == nil, !FileManager.default.fileExists(atPath: data) else {
      return try Dataset.open(data, skipsBadLabels: request.skipsBadLabels)
    }
    throw CommandError(
      "\(data): the data of this run is not there any more; say where it lies now: feeder train DATA --resume \(resumed.url.path)"
    )
  }

  /// Throws if a run that goes on has done more epochs than it shall have.
  private func checkEpochs(_ arguments: RunArguments, _ resumed: RunFolder) throws {
    guard options.epochs != nil else { return }
    let (epochs, done) = (try arguments.request().epochs, try Checkpoint.newest(in: resumed.weights).epochsDone)
    guard epochs < done else { return }
    throw CommandError("--epochs \(epochs): this run has done \(done) epochs already; give \(done) or more")
  }

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
    _ settings: RunPlan, _ dataset: Dataset, _ source: any ImageSource, _ ranks: Ranks?
  ) throws -> Precision {
    guard settings.precision == .auto else { return settings.precision }
    let (precision, line) = try PrecisionProbe(settings, classCount: dataset.classNames.count, source: source)
      .choose(PrecisionPolicy(.auto, on: settings.device), ranks)
    Terminal.say("precision: \(line)")
    return precision
  }

  private func join(_ detection: RankDetection, _ device: Device) throws -> Ranks {
    let place = detection.place
    let group = try ProcessGroup(detection.meeting, rank: place.rank, count: place.count)
    Terminal.say("ranks: \(place.count), \(place.localCount) of them here, started by \(detection.starter)")
    let ranks = Ranks(group, place: place)
    if let line = try ranks.linkDevices(device) { Terminal.say(line) }
    return ranks
  }

  private func observers(_ folder: RunFolder, isNew: Bool, wantsEvents: Bool) throws -> any TrainingObserver {
    let first = isNew ? 1 : try Checkpoint.newest(in: folder.weights).epochsDone + 1
    let results =
      isNew ? try ResultsCSV(creating: folder.results) : try ResultsCSV(continuing: folder.results, from: first)
    if first > 1, results.isEmpty {
      Terminal.say("\(folder.results.path): holds no epoch before \(first); it begins anew")
    }
    let always: [any TrainingObserver] = [
      TrainingLine(results: results, isVerbose: verbose), TelemetryRecorder(folder.telemetry),
    ]
    return TrainingObservers(always + (wantsEvents ? [EventsRecorder(folder, from: first, isNew: isNew)] : []))
  }

  private func tell(_ ended: Ended, _ folder: RunFolder) throws {
    switch ended.outcome {
    case nil: break
    case .finished: Terminal.say("done: \(folder.url.path)")
    case .stoppedEarly(let best):
      Terminal.say("no better result since epoch \(best + 1): stopped early; \(folder.url.path)")
    case .stoppedAfterSteps:
      Terminal.say(
        "stopped after \(options.stopAfterSteps ?? "the given") steps; go on with: \(folder.resumeCommand), "
          + "and --stop-after-steps 0 to go to the end")
    case .interrupted:
      Terminal.say("interrupted: a checkpoint is written; go on with: \(folder.resumeCommand)")
      throw ExitCode(Interruption.exitStatus)
    }
  }
}
