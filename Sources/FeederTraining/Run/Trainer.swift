import FeederCache
import FeederCore
import FeederDetection
import FeederLoader
import FeederMetrics
import FeederTorch
import FeederWeights
import Foundation

/// A training run: epochs of steps, validation, checkpoints. Everything that decides its numbers is in the settings, the data
/// and the seed; two runs of one machine, libtorch and thread count give the same bytes.
package final class Trainer {
  /// Skipped updates in a row that end a run.
  private static let mostSkips = 30

  private let settings: RunPlan
  private let ranks: Ranks?
  private let trace: Trace?
  private let classNames: [String]
  private let checkpoint: Checkpoint
  private let observer: any TrainingObserver
  private let isCancelled: () -> Bool
  private let loader: Loader
  private let tuned: TunedLoader
  private let validator: Validator
  private let validationLoss: ValidationLoss
  let step: TrainingStep
  private let schedule: LearningRateSchedule
  /// What was planned, and what it came to.
  package let memory: MemoryWatch
  /// What the run is at.
  package let state: RunState
  private let feed: DeviceFeed
  private var lateLosses = LateLosses()
  private var progress = RunProgress()
  private var stepsInProcess = 0
  private var skippedInARow = 0
  private var notedDamage: Set<String> = []
  /// Says when the state of this run may be saved. From another thread, nothing else of the trainer is asked for that.
  package let gate: CheckpointGate

  /// A run over `trainSource`, validated on `validationSource`, that writes its weights into `weightsFolder`, which exists.
  ///
  /// `resume` goes on from the newest whole checkpoint in that folder. `isCancelled` is asked before the first step and after
  /// every one. `dataSum` and `deciding`, the settings that decide what the run computes, go into its weights. `memoryBudget` is for the slots and scratch of both loaders. What happens when is noted in `trace`. Throws for settings,
  /// weights and budgets that do not fit.
  package init(
    settings: RunPlan, classNames: [String], trainSource: any ImageSource, validationSource: any ImageSource,
    dataSum: String? = nil, deciding: [String: String] = [:], weightsFolder: URL, resume: Bool, memoryBudget: Int?,
    observer: any TrainingObserver,
    ranks: Ranks? = nil, trace: Trace? = nil, isCancelled: @escaping () -> Bool
  ) throws {
    self.trace = trace
    try settings.check()
    precondition((ranks?.place ?? .alone) == settings.place, "the settings are those of this rank")
    self.ranks = ranks
    self.settings = settings
    self.classNames = classNames
    self.observer = observer
    self.isCancelled = isCancelled
    try settings.adopt()
    let budget = try LoadingBudget(settings, train: trainSource, validation: validationSource, bytes: memoryBudget)
    observer.note(SettingLine(budget.line))
    validationLoss = ValidationLoss()
    validator = try Validator(
      source: validationSource, settings: budget.validation, device: settings.device, precision: settings.precision,
      bound: DetectionBound(given: settings.maxDetections, mostBoxes: validationSource.mostLabels), ranks: ranks,
      loss: validationLoss)
    if let line = validator.bound.line { observer.note(line) }
    let slotMemory = DeviceSlotMemory.memory(for: settings.device)
    loader = try Loader(source: trainSource, settings: budget.training, slotMemory: slotMemory, trace: trace)
    state = RunState(training: loader, validation: validator.loader, place: settings.place)
    if let line = (slotMemory as? DeviceSlotMemory)?.refusal { observer.note(SettingLine(line)) }
    feed = try DeviceFeed(device: settings.device, trace: trace)
    let learned = settings.tunesLoader ? settings.learnedFile?.read { observer.note($0) } : nil
    tuned = TunedLoader(
      loader, workers: settings.workerRange, prefetchDepth: settings.prefetchRange, learned: learned)
    if learned != nil {
      observer.note(SettingLine("loader: begins with \(tuned.setting), learned in an earlier run"))
    }
    tuned.onChange = { [observer] in observer.loaderMoved($0.line) }
    let plan = OptimizerPlan(settings, classCount: classNames.count, batchesPerEpoch: loader.batchCount)
    schedule = LearningRateSchedule(plan.schedule)
    observer.note(SettingLine(plan.description))
    let runMemory = RunMemory(
      settings, classCount: classNames.count, train: trainSource, validation: validationSource,
      loaderBudget: memoryBudget)
    memory = try MemoryWatch(runMemory.expected())
    observer.note(SettingLine(memory.plan.line))
    var largestPart = settings.ownBatch
    if settings.device == .cpu {
      EngineMemory.setHostLimit(try settings.tensorLimit ?? memory.plan.tensorLimit(settings.systemCapacity()))
      if settings.tensorLimit == nil { largestPart = try runMemory.largestPart(settings.memoryCapacity()) }
    }
    let model = try DetectionNetwork(
      settings.model, classCount: classNames.count, seed: settings.seed, device: settings.device)
    if let path = settings.startWeights, !resume {
      let line = try WeightsFile(path: path).transfer(into: model.state, of: settings.model, classNames: classNames)
      observer.note(SettingLine(line))
    }
    step = try TrainingStep(
      model: model, rule: plan.rule, weightDecay: plan.weightDecay, precision: settings.precision,
      device: settings.device, seed: settings.seed, ranks: ranks, syncsNorms: settings.syncsNorms)
    checkpoint = try Checkpoint(
      folder: weightsFolder, model: settings.model, classNames: classNames, imageSize: settings.imageSize,
      mostBoxes: max(trainSource.mostLabels, validationSource.mostLabels), dataSum: dataSum,
      deciding: deciding)
    for parts in [step.parts, validator.parts] { parts.onSplit = { [observer] in observer.note(SettingLine($0)) } }
    if largestPart < settings.ownBatch { step.parts.begin(with: largestPart, of: settings.ownBatch) }
    progress.seed = settings.seed
    var saved: RunProgress?
    if resume {
      let file = try Checkpoint.newest(in: weightsFolder) { observer.note($0) }
      progress = try checkpoint.restore(file, into: step)
      state.noteCheckpoint()
      if file.path == checkpoint.lastPath { saved = progress }
    }
    gate = CheckpointGate(saved: saved)
    try checkRanks("before the first step")
  }

  private func checkRanks(_ moment: String) throws {
    try ranks?.checkEqual(step.model.state + step.averagedModel.state, moment)
  }

  /// True where a resumed run has nothing left to do.
  package var isFinished: Bool { progress.isOver(epochs: settings.epochs, patience: settings.patience) }

  /// True for the rank that writes and speaks.
  package var leads: Bool { settings.place.leads }

  /// Epoch that comes next, from 0.
  package var nextEpoch: Int { progress.epoch }

  /// Trains to the end, or until it is stopped; `last` then holds everything to go on.
  package func run() throws -> TrainingOutcome {
    let outcome = try gate.run(writing: write) {
      defer {
        keepLearned()
        noteDamage()  // also if it stops the run
      }
      return try train()
    }
    try observer.ended(outcome)
    return outcome
  }

  private func train() throws -> TrainingOutcome {
    if try !isFinished && isAskedToStop() {  // while it was being prepared
      try save()
      return .interrupted
    }
    while !isFinished {
      let clock = EpochClock(telemetry: loader.telemetry)
      startEpoch()
      while let batch = try nextBatch() {
        try trainBatch(batch, clock)
        if let stop = try saveInEpoch(clock) { return stop }
      }
      try gate.change { try takeLosses(clock) }
      noteDamage()
      guard let report = try validate(clock) else {
        try save()
        return .interrupted
      }
      if let stop = try finishEpoch(report) { return stop }
      if try isAskedToStop(), !isFinished { return .interrupted }
      if isAtStepLimit, !isFinished { return .stoppedAfterSteps }
    }
    return .finished
  }

  /// True if this run, or that of any other rank, is asked to stop.
  private func isAskedToStop() throws -> Bool { try gate.whileUnchanged(asksToStop) }

  private func asksToStop() throws -> Bool { try ranks?.any(isCancelled()) ?? isCancelled() }

  private var isAtStepLimit: Bool { settings.stopAfterSteps > 0 && stepsInProcess >= settings.stopAfterSteps }

  // MARK: - Checkpoints

  private func save() throws {
    guard leads else { return }
    state.enter(.checkpoint)
    try trace.span(.consumer, "checkpoint") { try gate.save() }
  }

  /// Writes `last`, unless it holds that already; what it holds then. Called by the gate, from any thread.
  private func write(saved: RunProgress?) throws -> RunProgress? {
    if let (_, losses) = try lateLosses.take() { progress.losses.add(losses) }
    guard leads, saved != progress else { return saved }
    try checkpoint.writeLast(step, progress, keepsLast: saved != nil)
    state.noteCheckpoint()
    return progress
  }

  /// Saves after a step if the run stops here or a checkpoint is due; a reason if it stops. After an epoch's last step validation comes
  /// first.
  private func saveInEpoch(_ clock: EpochClock) throws -> TrainingOutcome? {
    if progress.batch == loader.batchCount { return nil }
    let stop: TrainingOutcome? = try isAskedToStop() ? .interrupted : isAtStepLimit ? .stoppedAfterSteps : nil
    let isDue = settings.checkpointEvery > 0 && progress.step % settings.checkpointEvery == 0
    guard stop != nil || isDue else { return nil }
    try gate.change { try takeLosses(clock) }
    if stop != nil { noteDamage() }
    try save()
    return stop
  }

  // MARK: - Notes

  /// Tells of damaged images, each once.
  private func noteDamage() {
    for image in loader.quarantined + validator.damagedImages where notedDamage.insert(image.line).inserted {
      observer.note(SettingLine(image.line))
    }
  }

  /// Keeps what the tuner found for the next run; where it cannot be written, the next one begins without.
  private func keepLearned() {
    guard leads, settings.tunesLoader, let file = settings.learnedFile, let learned = tuned.learned else { return }
    do {
      try file.write(learned)
    } catch {
      observer.note("\(SettingLine(error)); the next run begins without what this one learned of the loader")
    }
  }

  // MARK: - Steps

  private func startEpoch() {
    let firstClosed = settings.epochs - settings.closeMosaic
    tuned.startEpoch(
      progress.epoch, closeMosaic: progress.epoch >= firstClosed, firstBatch: progress.batch,
      hashSoFar: progress.epochHash)
    if progress.epoch + 1 < settings.epochs {
      tuned.announceEpoch(progress.epoch + 1, closeMosaic: progress.epoch + 1 >= firstClosed)
    }
  }

  private func nextBatch() throws -> Batch? {
    state.enter(.waiting)
    defer { state.enter(.step) }
    return try gate.whileUnchanged(tuned.nextBatch)
  }

  private func trainBatch(_ batch: consuming Batch, _ clock: EpochClock) throws {
    let now = LateLosses.Step(
      epoch: progress.epoch, batch: progress.batch, imageCount: batch.imageCount, boxCount: batch.targetCount)
    let hash = batch.epochHash
    clock.imageCount += batch.imageCount
    let (images, targets) = try feed(batch)
    try trace.span(.consumer, "step", batch: now.batch) {
      let losses = try step.accumulate(images, targets: targets, gate: gate)
      try gate.change {
        try takeLosses(clock, after: images, targets)
        let gradientNorm = try updateIfDue(images, targets)
        try lateLosses.note(now, losses: losses, gradientNorm: gradientNorm)
        progress.step += 1
        progress.batch += 1
        progress.epochHash = hash
      }
    }
    stepsInProcess += 1
  }

  /// Reads the losses of the latest step, if that is still to be done, and tells of it.
  private func takeLosses(_ clock: EpochClock) throws {
    guard let (done, losses) = try lateLosses.take() else { return }
    progress.losses.add(losses)
    observer.stepDone(report(clock, done))
  }

  /// The same for the step before that of `images`, on which the device is at work by now. If those losses are no numbers, says what of
  /// `images` float16 cannot hold.
  private func takeLosses(_ clock: EpochClock, after images: Tensor, _ targets: [TargetBox]) throws {
    do {
      try takeLosses(clock)
    } catch TrainingError.diverged(let epoch, let batch) {
      guard let place = try overflow(images, targets) else { throw TrainingError.diverged(epoch: epoch, step: batch) }
      throw TrainingError.overflow(place: place, stepCount: 1, epoch: epoch)
    }
  }

  /// Updates the weights after the last of the batches that the schedule adds up; the norm of the gradients of an update.
  private func updateIfDue(_ images: Tensor, _ targets: [TargetBox]) throws -> Tensor? {
    let point = schedule.point(batch: progress.step)
    progress.pending = step.pendingCount
    guard progress.step - progress.lastUpdate >= point.accumulation else { return nil }
    let gradientNorm = try step.update(point)
    try noteSkip(gradientNorm == nil, images, targets)
    progress.lastUpdate = progress.step
    progress.pending = 0
    progress.optimizerUpdates = step.optimizer.updateCount
    progress.averageUpdates = step.average.updateCount
    return gradientNorm
  }

  /// Tells of an update that loss scaling skipped, and ends a run that does nothing else: from its first scale, 2^16, a scale of 1
  /// is reached after 16 of them.
  private func noteSkip(_ isSkipped: Bool, _ images: Tensor, _ targets: [TargetBox]) throws {
    guard isSkipped, let scaler = step.scaler else { return skippedInARow = 0 }
    skippedInARow += 1
    observer.note(
      "float16 gradients overflowed: the update is skipped, the loss scale is now \(try scaler.scale.item())")
    guard skippedInARow >= Self.mostSkips else { return }
    let place = try overflow(images, targets) ?? "a gradient"
    throw TrainingError.overflow(place: place, stepCount: skippedInARow, epoch: progress.epoch)
  }

  /// What of a batch float16 cannot hold; nil for other formats, and where a search would be work that other ranks do not know of.
  private func overflow(_ images: Tensor, _ targets: [TargetBox]) throws -> String? {
    guard step.scaler != nil, images.extent(0) > 0, !settings.syncsNorms else { return nil }
    return try OverflowSearch.place(in: step, images, targets)
  }

  // MARK: - The end of an epoch

  /// What the epoch came to; nil if the run is asked to stop: its trained epoch is kept, and validated when it goes on.
  private func validate(_ clock: EpochClock) throws -> EpochReport? {
    let trainingSeconds = clock.seconds
    let stallShare = clock.stallShare(loader.telemetry)
    let epoch = progress.epoch
    state.enter(.validation)
    let validated = try trace.span(.consumer, "validate") {
      try gate.whileUnchanged { () throws -> (results: [ImageResult], losses: [Double])? in
        let results = try validator(
          step.averagedModel, progress: { [observer] in observer.validationStepDone($0, of: $1) },
          isCancelled: asksToStop)
        guard let results else { return nil }
        let losses = try validationLoss.means(over: ranks)
        try checkRanks("after epoch \(epoch + 1)")
        return (results, losses)
      }
    }
    noteDamage()
    guard let (results, validationLosses) = validated else { return nil }
    let accuracy = Accuracy(results: results, classNames: classNames, maxDetections: settings.maxDetections)
    return EpochReport(
      epoch: epoch, seconds: clock.seconds, losses: progress.losses.means, validationLosses: validationLosses,
      accuracy: accuracy, learningRate: schedule.point(batch: progress.step - 1).weightRate,
      imagesPerSecond: Double(clock.imageCount) / max(trainingSeconds, 1e-9), stallShare: stallShare,
      prefetchDepth: loader.plan.prefetchDepth, workers: loader.plan.workers, peakHostBytes: HostMemory.peakBytes,
      peakDeviceBytes: settings.device == .cpu ? 0 : try EngineMemory.peakBytes(on: settings.device),
      streamHash: progress.epochHash)
  }

  /// Notes the result and writes the checkpoints; a reason if the run ends here.
  private func finishEpoch(_ report: EpochReport) throws -> TrainingOutcome? {
    let (isBest, isEarly) = try gate.change {
      progress.mark = EpochMark.text(losses: report.losses, streamHash: report.streamHash)
      let accuracy = report.accuracy
      let isBest = progress.noteResult(
        fitness: Float(Accuracy.fitness(map50: accuracy.map50, map50_95: accuracy.map50_95)))
      let isEarly = progress.isOutOfPatience(settings.patience)
      progress.epoch += 1
      progress.batch = 0
      progress.epochHash = 0
      progress.losses = LossSums()
      if isEarly || progress.epoch == settings.epochs { progress.isDone = 1 }
      // First the row, then what goes on from it: a run that is killed in between writes the row again, and none is ever missing.
      try observer.epochDone(report)
      return (isBest, isEarly)
    }
    if isBest, leads { try checkpoint.writeBest(step) }
    try save()
    if let line = memory.lineOnce { observer.note(SettingLine(line)) }
    return isEarly && progress.epoch < settings.epochs ? .stoppedEarly(bestEpoch: progress.bestEpoch) : nil
  }

  private func report(_ clock: EpochClock, _ done: LateLosses.Step) -> StepReport {
    StepReport(
      epoch: done.epoch, epochCount: settings.epochs, batch: done.batch + 1, batchCount: loader.batchCount,
      losses: progress.losses.means, boxCount: done.boxCount, imageCount: done.imageCount,
      imageSize: settings.imageSize,
      imagesPerSecond: Double(clock.imageCount) / max(clock.seconds, 1e-9),
      stallShare: clock.stallShare(loader.telemetry), loader: LoaderReport(loader))
  }
}

/// Time, images and waiting of one epoch in this process.
private final class EpochClock {
  var imageCount = 0
  private let start = ContinuousClock.now
  private let stallAtStart: Double

  init(telemetry: Telemetry) { stallAtStart = telemetry.stallSeconds }

  var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  func stallShare(_ telemetry: Telemetry) -> Double {
    min(max((telemetry.stallSeconds - stallAtStart) / max(seconds, 1e-9), 0), 1)
  }
}
