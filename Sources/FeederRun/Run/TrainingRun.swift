import FeederCache
import FeederCore
import FeederDatasets
import FeederReporting
import FeederTorch
import FeederTraining
import FeederWeights
import Foundation

/// A run of `feeder train`, from the command line to the report. It connects the other rooms.
package struct TrainingRun {
  /// The command line of a run.
  package struct Orders {
    /// The settings given as flags, by key.
    package var flags: [String: String] = [:]
    /// The data set; nil takes the resumed run's.
    package var data: String?
    /// The folder of a new run; nil takes the default.
    package var out: String?
    /// The folder of the run to resume; nil starts a new one.
    package var resume: String?
    /// A YAML file of settings; nil for none.
    package var config: String?
    /// The file for a timeline.
    package var trace = TraceOutput()
    /// True if the run only prints its memory plan.
    package var plansOnly = false
    /// True if the tuner's decisions are printed.
    package var isVerbose = false
    /// Seconds without progress after which the run counts as stuck; 0 means never.
    package var watchdog = 60.0
    /// True if stdout is for one JSON document.
    package var json = false

    /// A new run with the defaults.
    package init() {}
  }

  /// The result of a run.
  package struct Report: Encodable {
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

  private static let defaultOut = "runs/train"

  private let orders: Orders
  /// In a rank of a crew: ends this process when the crew's process is gone.
  private let lifeline = RankCrew.watchCrew()
  private let detection: RankDetection?
  private let place: RankPlace
  private let resumed: RunFolder?
  private let arguments: RunArguments

  /// Prepares the run that `orders` describe. Throws a line if settings are invalid or do not allow the run to be
  /// resumed.
  package init(_ orders: Orders) throws {
    if orders.resume != nil, orders.out != nil || orders.config != nil {
      throw CommandError("--resume continues in its own folder with its own settings: leave --out and --config out")
    }
    self.orders = orders
    detection = try RankDetection(ProcessInfo.processInfo.environment)
    place = detection?.place ?? .alone
    if let rank = place.leads ? nil : place.rank { Terminal.quietName.withLock { $0 = "rank \(rank)" } }
    resumed =
      try orders.resume.map(RunFolder.init(resuming:)) ?? Self.restarted(detection, out: orders.out ?? Self.defaultOut)
    arguments = try RunArguments(
      flags: orders.flags, file: resumed?.arguments.path ?? orders.config, goesOn: resumed != nil)
    if let resumed {
      try ResumeRules.check(arguments, flags: orders.flags, file: resumed.arguments.path, place)
      try checkEpochs(resumed)
    }
  }

  /// Trains; several ranks run in their own processes. Returns rank 0's report and the error of the timeline's file, if
  /// any. Nil if there is nothing to report. Throws `QuietEnd` if the run was cancelled.
  package func run() throws -> (report: Report, traceFailure: (any Error)?)? {
    defer { withExtendedLifetime(lifeline) {} }
    guard let data = orders.data ?? arguments.data else {
      throw CommandError(
        "\(resumed?.arguments.path ?? ""): names no data; name it, as in feeder train DATA --resume RUN")
    }
    if detection == nil, try arguments.rankCount() > 1 {
      if let resumed { try RunLock.check(resumed.url) }
      try RankCrew(count: arguments.rankCount()) { _ = try arguments.plan(at: $0) }.run()
      return nil
    }
    return try run(data)
  }

  /// Trains as one rank, in this process.
  private func run(_ data: String) throws -> (report: Report, traceFailure: (any Error)?)? {
    var plan = try arguments.plan(at: place)
    try ThreadRoom.check(plan)
    try plan.adopt()  // The trials before the run use these settings as well.
    let dataset = try open(data, plan.request)
    plan = try plan.tiled(for: dataset, note: Terminal.say)
    let options = SourceOptions(plan)
    // Only rank 0 writes the run folder and holds its lock.
    let writes = place.leads && !orders.plansOnly
    if writes { try resumed.map(RunEnding.hold) }
    defer { RunEnding.release() }
    if writes, let resumed {
      try resumed.checkOneRun(plan.deciding)
      try resumed.prepareWeights()
    }
    if let path = plan.startWeights, resumed == nil { _ = try WeightsFile(path: path) }
    let traceFiles = { [startWeights = plan.startWeights] in InputFiles.of(dataset, startWeights, orders.config) }
    // If the file belongs into the run's own folder, it is opened later, when that folder exists.
    let early =
      place.leads && orders.trace.hasFolder ? try orders.trace.open(traceFiles) : nil
    let images = try RunData(dataset, options, place)
    try images.check(plan)
    plan = plan.with(window: images.train.window, of: images.train.source)
    let record = try writes ? images.record(of: resumed) : nil
    let loaderBudget = place.share(of: options.memory)
    let ranks = try detection.map { try join($0, plan.device) }
    let sources = RunPlan.Images(
      train: images.train.source, validation: images.validation.source, classCount: dataset.classNames.count,
      loaderBudget: loaderBudget)
    plan = try plan.found(on: sources, ranks, note: Terminal.say)
    IdleFlags.check(try arguments.chosen(at: place, goesOn: resumed != nil), plan, facts(plan, images, options))
    if orders.plansOnly {
      try MemoryReport.print(plan.memoryPlan(sources), plan, json: orders.json)
      return nil
    }
    plan = plan.with(learnedFile: plan.learnedLoader(dataset, images.train, options))
    let folder = try resumed ?? (place.leads ? RunFolder(making: orders.out ?? Self.defaultOut) : RunFolder.none)
    let drawing = RunDrawing(
      folder: folder, settings: plan, dataset: dataset, train: images.train, validation: images.validation,
      memory: loaderBudget)
    let interruption = Interruption()
    let ending = RunEnding(folder, place)
    interruption.lastResort.set(ending.whilePreparing)
    let ended: Ended
    let traceFailure: (any Error)?
    do {
      if let record {
        if resumed == nil { try RunEnding.hold(folder) }
        try folder.keep(record)
        try folder.keep(try arguments.yaml(plan, options, data: data, out: folder.url.path))
        if resumed == nil, plan.plots { drawing.before() }
      }
      // Only rank 0 writes.
      let file = try place.leads ? early ?? orders.trace.open(traceFiles) : nil
      (ended, traceFailure) = try TraceOutput.during(file) { trace in
        try train(
          in: folder, plan, images, dataSum: record?.sum, deciding: plan.deciding,
          memory: loaderBudget, ranks, trace, interruption, ending)
      }
    } catch TrainingError.rankLost where interruption.cancellation.isCancelled && !place.leads {
      throw QuietEnd(status: Interruption.exitStatus)  // Rank 0 was cancelled as well and has left.
    } catch {
      if resumed == nil, place.leads {
        RunEnding.release()  // The lock file must be gone before the folder can be removed.
        folder.removeWithoutWeights()
      }
      throw error
    }
    try tell(ended, folder)
    var page: URL?
    if place.leads, ended.isWhole, plan.plots {
      interruption.lastResort.set(ending.whileDrawing)
      page = drawing.after(interruption)
    }
    return place.leads ? (ended.report(folder, page), traceFailure) : nil
  }

  /// How a run ended. It outlives the trainer, whose memory is free by then.
  private struct Ended {
    /// Nil if the run had already finished.
    let outcome: TrainingOutcome?
    let epochsDone: Int
    let memory: Report.Memory

    /// True if the run reached its end just now.
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

  private func train(
    in folder: RunFolder, _ plan: RunPlan, _ images: RunData, dataSum: String?, deciding: [String: String],
    memory: Int, _ ranks: Ranks?, _ trace: Trace?, _ interruption: Interruption, _ ending: RunEnding
  ) throws -> Ended {
    let isNew = folder.checkpointDate == nil
    let watchdog = Watchdog(seconds: orders.watchdog, leads: place.leads) { [leads = place.leads] hasCheckpoint in
      guard leads else { return "rank 0 says how to resume" }
      return hasCheckpoint
        ? "the last checkpoint is kept; resume with: \(folder.resumeCommand)"
        : "no checkpoint was written yet: fix that, and start again"
    }
    defer { watchdog.stop() }
    let shown = place.leads ? [try observers(folder, isNew: isNew, wantsEvents: plan.tensorboard)] : []
    let trainer = try Trainer(
      settings: plan, classNames: images.dataset.classNames, trainSource: images.train.source,
      validationSource: images.validation.source, dataSum: dataSum, deciding: deciding, weightsFolder: folder.weights,
      resume: !isNew, memoryBudget: memory, observer: TrainingObservers(shown + [watchdog]), ranks: ranks, trace: trace,
      isCancelled: { interruption.cancellation.isCancelled })
    if trainer.isFinished {
      Terminal.say("\(folder.url.path): this run is finished; nothing to do")
      return Ended(outcome: nil, epochsDone: trainer.nextEpoch, memory: .init(trainer.memory))
    }
    Terminal.say(
      "training \(plan.model.name) on \(images.train.source.count) images, validating on \(images.validation.source.count), "
        + "\(plan.device), \(plan.engineThreads) engine threads\(ranks.map { " in each of \($0.place.count) ranks" } ?? ""); run folder: \(folder.url.path)"
    )
    watchdog.watch(trainer)
    if place.leads { interruption.lastResort.set(ending.whileTraining(trainer.gate)) }
    var next: LastResort.Step?
    defer { interruption.lastResort.set(next) }
    let outcome: TrainingOutcome
    do {
      outcome = try trainer.run()
    } catch let error where place.leads {
      throw CommandError("\(Terminal.words(error)); \(folder.wayOn)")
    }
    // A loader worker that waits for a hung drive can keep the trainer's deinitialiser from returning.
    if case .interrupted = outcome, place.leads { next = ending.afterSaving }
    return Ended(outcome: outcome, epochsDone: trainer.nextEpoch, memory: .init(trainer.memory))
  }

  private func observers(_ folder: RunFolder, isNew: Bool, wantsEvents: Bool) throws -> any TrainingObserver {
    let first = isNew ? 1 : try Checkpoint.newest(in: folder.weights).epochsDone + 1
    let results =
      isNew ? try ResultsCSV(creating: folder.results) : try ResultsCSV(continuing: folder.results, from: first)
    if first > 1, results.isEmpty {
      Terminal.say("\(folder.results.path): holds no epoch before \(first); it starts again")
    }
    let always: [any TrainingObserver] = [
      TrainingLine(results: results, isVerbose: orders.isVerbose), TelemetryRecorder(folder.telemetry),
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
        "stopped after \(orders.flags["stop_after_steps"] ?? "the given") steps; resume with: \(folder.resumeCommand), "
          + "and --stop-after-steps 0 to run to the end")
    case .interrupted:
      Terminal.say("interrupted: a checkpoint is written; resume with: \(folder.resumeCommand)")
      throw QuietEnd(status: Interruption.exitStatus)
    }
  }

  /// The facts that decide which flags have no effect.
  private func facts(_ plan: RunPlan, _ images: RunData, _ options: SourceOptions) -> IdleFlags.Facts {
    var facts = IdleFlags.Facts()
    facts.goesOn = resumed != nil
    facts.starter = ProcessInfo.processInfo.environment["FEEDER_CREW"] == nil ? detection?.starter : nil
    facts.hasBytes = images.train.source.depth == .bytes
    facts.channels = images.train.source.channels
    facts.keepsCache = options.cache != .none
    facts.takesAdamW = plan.takesAdamW(
      classCount: images.dataset.classNames.count, imageCount: images.train.source.count)
    (facts.isVerbose, facts.plansOnly) = (orders.isVerbose, orders.plansOnly)
    (facts.out, facts.trace) = (orders.out != nil, orders.trace.path != nil)
    return facts
  }

  /// Opens the data set. If a resumed run's data has moved, the error says how to name the new place.
  private func open(_ data: String, _ request: TrainingRequest) throws -> Dataset {
    guard let resumed, orders.data == nil, !FileManager.default.fileExists(atPath: data) else {
      return try Dataset.open(data, skipsBadLabels: request.skipsBadLabels)
    }
    throw CommandError(
      "\(data): the data of this run is missing; give its new place: feeder train DATA --resume \(resumed.url.path)"
    )
  }

  /// Throws `CommandError` if the resumed run has already done more epochs than `--epochs` asks for.
  private func checkEpochs(_ resumed: RunFolder) throws {
    guard orders.flags["epochs"] != nil else { return }
    let (epochs, done) = (try arguments.request().epochs, try Checkpoint.newest(in: resumed.weights).epochsDone)
    guard epochs < done else { return }
    throw CommandError("--epochs \(epochs): this run has done \(done) epochs already; give \(done) or more")
  }

  /// The run to resume after torchrun or Slurm restarted the job: they repeat the first command, without `--resume`.
  private static func restarted(_ detection: RankDetection?, out: String) -> RunFolder? {
    guard let detection, detection.restartCount > 0, let folder = RunFolder(newestOf: out) else { return nil }
    Terminal.say("restart \(detection.restartCount) by \(detection.starter): resuming \(folder.url.path)")
    return folder
  }

  private func join(_ detection: RankDetection, _ device: Device) throws -> Ranks {
    let group = try ProcessGroup(detection.meeting, rank: place.rank, count: place.count)
    Terminal.say("ranks: \(place.count), \(place.localCount) of them here, started by \(detection.starter)")
    let ranks = Ranks(group, place: place)
    if let line = try ranks.linkDevices(device) { Terminal.say(line) }
    return ranks
  }
}
