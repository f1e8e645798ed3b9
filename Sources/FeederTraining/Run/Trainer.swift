import FeederCache
import FeederCore
import FeederDetection
import FeederLoader
import FeederMetrics
import FeederTorch
import FeederWeights
import Foundation

/// A training run: epochs of steps, validation, checkpoints. Settings, data and seed decide its numbers. Two runs on
/// one machine, with one libtorch and thread count, give the same bytes.
package final class Trainer {
  /// The run ends after this many skipped updates in a row.
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
  /// The memory that was planned, and the growth so far.
  package let memory: MemoryWatch
  /// The current activity of the run.
  package let state: RunState
  private let feed: DeviceFeed
  private var lateLosses = LateLosses()
  private var progress = RunProgress()
  private var stepsInProcess = 0
  private var skippedInARow = 0
  private var notedDamage: Set<String> = []
  /// Decides when the run may be saved. The only property that other threads use for a save.
  package let gate: CheckpointGate

  /// A run over `trainSource`, validated on `validationSource`, that writes its weights into the existing folder
  /// `weightsFolder`.
  ///
  /// `resume` continues from the newest complete checkpoint in that folder. `isCancelled` is called before the first
  /// step and after every step. `dataSum` and `deciding`, the settings that decide what the run computes, go into the
  /// weights' metadata. The slots and scratch of both loaders may take `memoryBudget` bytes. `trace` gets the spans.
  /// Throws `SettingError`, `WeightsError`, `LoaderError`, `TrainingError` or `EngineError` if settings, weights,
  /// budget or checkpoint do not fit.
  package init(
    settings: RunPlan, classNames: [String], trainSource: any ImageSource, validationSource: any ImageSource,
    dataSum: String? = nil, deciding: [String: String] = [:], weightsFolder: URL, resume: Bool, memoryBudget: Int?,
    observer: any TrainingObserver,
    ranks: Ranks? = nil, trace: Trace? = nil, isCancelled: @escaping () -> Bool
  ) throws {
    self.trace = trace
    try settings.check()
    precondition((ranks?.place ?? .alone) == settings.place, "the settings belong to this rank")
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
    let resumed = resume ? try Checkpoint.newest(in: weightsFolder) { observer.note($0) } : nil
    var origin = resumed?.origin
    if let path = settings.startWeights, resumed == nil {
      let file = try WeightsFile(path: path)
      origin = file.origin
      observer.note(SettingLine(try file.transfer(into: model.state, of: settings.model, classNames: classNames)))
      if let origin { observer.note(SettingLine("\(path): these weights \(origin.line)")) }
    }
    step = try TrainingStep(
      model: model, rule: plan.rule, weightDecay: plan.weightDecay, precision: settings.precision,
      device: settings.device, seed: settings.seed, ranks: ranks, syncsNorms: settings.syncsNorms)
    checkpoint = try Checkpoint(
      folder: weightsFolder, model: settings.model, classNames: classNames, imageSize: settings.imageSize,
      mostBoxes: max(trainSource.mostLabels, validationSource.mostLabels), dataSum: dataSum,
      deciding: deciding, origin: origin)
    for parts in [step.parts, validator.parts] { parts.onSplit = { [observer] in observer.note(SettingLine($0)) } }
    if largestPart < settings.ownBatch { step.parts.begin(with: largestPart, of: settings.ownBatch) }
    progress.seed = settings.seed
    var saved: RunProgress?
    if let resumed {
      progress = try checkpoint.restore(resumed, into: step)
      state.noteCheckpoint()
      if resumed.path == checkpoint.lastPath { saved = progress }
    }
    gate = CheckpointGate(saved: saved)
    try checkRanks("before the first step")
  }

  private func checkRanks(_ moment: String) throws {
    try ranks?.checkEqual(step.model.state + step.averagedModel.state, moment)
  }

  /// True if a resumed run has nothing left to do.
  package var isFinished: Bool { progress.isOver(epochs: settings.epochs, patience: settings.patience) }

  /// True for rank 0, which writes and prints.
  package var leads: Bool { settings.place.leads }

  /// The next epoch, from 0.
  package var nextEpoch: Int { progress.epoch }

  /// Trains to the end, or until the run must stop. Then `last` holds all that a resume needs. Throws `TrainingError`
  /// and what sources and observer throw.
  package func run() throws -> TrainingOutcome {
    let outcome = try gate.run(writing: write) {
      defer {
        keepLearned()
        noteDamage()  // also if damage stops the run
      }
      return try train()
    }
    try observer.ended(outcome)
    return outcome
  }

  private func train() throws -> TrainingOutcome {
    if try !isFinished && isAskedToStop() {  // the request came before the first step
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

  /// True if this rank or any other is asked to stop.
  private func isAskedToStop() throws -> Bool { try gate.whileUnchanged(asksToStop) }

  private func asksToStop() throws -> Bool { try ranks?.any(isCancelled()) ?? isCancelled() }

  private var isAtStepLimit: Bool { settings.stopAfterSteps > 0 && stepsInProcess >= settings.stopAfterSteps }

  // MARK: - Checkpoints

  private func save() throws {
    guard leads else { return }
    state.enter(.checkpoint)
    try trace.span(.consumer, "checkpoint") { try gate.save() }
  }

  /// Writes `last` if it is not up to date; returns the progress that it holds then. The gate calls it, on any thread.
  private func write(saved: RunProgress?) throws -> RunProgress? {
    if let (_, losses) = try lateLosses.take() { progress.losses.add(losses) }
    guard leads, saved != progress else { return saved }
    try checkpoint.writeLast(step, progress, keepsLast: saved != nil)
    state.noteCheckpoint()
    return progress
  }

  /// Saves after a step if the run stops here or a checkpoint is due; returns the outcome if it stops. After an epoch's
  /// last step, validation comes first.
  private func saveInEpoch(_ clock: EpochClock) throws -> TrainingOutcome? {
    if progress.batch == loader.batchCount(in: progress.epoch) { return nil }
    let stop: TrainingOutcome? = try isAskedToStop() ? .interrupted : isAtStepLimit ? .stoppedAfterSteps : nil
    let isDue = settings.checkpointEvery > 0 && progress.step % settings.checkpointEvery == 0
    guard stop != nil || isDue else { return nil }
    try gate.change { try takeLosses(clock) }
    if stop != nil { noteDamage() }
    try save()
    return stop
  }

  // MARK: - Notes

  /// Reports damaged images, each once.
  private func noteDamage() {
    for image in loader.quarantined + validator.damagedImages where notedDamage.insert(image.line).inserted {
      observer.note(SettingLine(image.line))
    }
  }

  /// Keeps the tuner's result for the next run. If the file cannot be written, the next run begins without it.
  private func keepLearned() {
    guard leads, settings.tunesLoader, let file = settings.learnedFile, let learned = tuned.learned else { return }
    do {
      try file.write(learned)
    } catch {
      observer.note("\(SettingLine(error)); the next run begins without the loader settings that this one learned")
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

  /// Reads the losses of the last step, if they were not read yet, and reports the step.
  private func takeLosses(_ clock: EpochClock) throws {
    guard let (done, losses) = try lateLosses.take() else { return }
    progress.losses.add(losses)
    observer.stepDone(report(clock, done))
  }

  /// The same for the step before the batch `images`, on which the device already works. If those losses are not
  /// finite, finds out which tensor of that batch overflows float16.
  private func takeLosses(_ clock: EpochClock, after images: Tensor, _ targets: [TargetBox]) throws {
    do {
      try takeLosses(clock)
    } catch TrainingError.diverged(let epoch, let batch) {
      guard let place = try overflow(images, targets) else { throw TrainingError.diverged(epoch: epoch, step: batch) }
      throw TrainingError.overflow(place: place, stepCount: 1, epoch: epoch)
    }
  }

  /// Updates the weights if the schedule's last batch of an update is done. Returns the gradients' norm, nil without an
  /// update.
  private func updateIfDue(_ images: Tensor, _ targets: [TargetBox]) throws -> Tensor? {
    let point = schedule.point(batch: progress.step, epoch: progress.epoch)
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

  /// Reports an update that loss scaling skipped. Ends a run that skips `mostSkips` in a row: from the first scale,
  /// 2^16, a scale of 1 is reached after 16.
  private func noteSkip(_ isSkipped: Bool, _ images: Tensor, _ targets: [TargetBox]) throws {
    guard isSkipped, let scaler = step.scaler else { return skippedInARow = 0 }
    skippedInARow += 1
    observer.note(
      "float16 gradients overflowed: the update is skipped, the loss scale is now \(try scaler.scale.item())")
    guard skippedInARow >= Self.mostSkips else { return }
    let place = try overflow(images, targets) ?? "a gradient"
    throw TrainingError.overflow(place: place, stepCount: skippedInARow, epoch: progress.epoch)
  }

  /// The tensor of a batch that overflows float16. Nil for other formats, and if the search would need joint work that
  /// the other ranks do not start.
  private func overflow(_ images: Tensor, _ targets: [TargetBox]) throws -> String? {
    guard step.scaler != nil, images.extent(0) > 0, !settings.syncsNorms else { return nil }
    return try OverflowSearch.place(in: step, images, targets)
  }

  // MARK: - The end of an epoch

  /// Validates the epoch and returns its report. Nil if the run is asked to stop: the trained epoch is kept, and
  /// validated after a resume.
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
    let accuracy = Accuracy(
      results: results, classNames: classNames, maxDetections: settings.maxDetections, inTiles: settings.tiling != nil)
    return EpochReport(
      epoch: epoch, seconds: clock.seconds, losses: progress.losses.means, validationLosses: validationLosses,
      accuracy: accuracy, learningRate: schedule.point(batch: progress.step - 1, epoch: epoch).weightRate,
      imagesPerSecond: Double(clock.imageCount) / max(trainingSeconds, 1e-9), stallShare: stallShare,
      prefetchDepth: loader.plan.prefetchDepth, workers: loader.plan.workers, peakHostBytes: HostMemory.peakBytes,
      peakDeviceBytes: settings.device == .cpu ? 0 : try EngineMemory.peakBytes(on: settings.device),
      streamHash: progress.epochHash)
  }

  /// Records the result and writes the checkpoints. Returns the outcome if the run ends here.
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
      // The row is written before its checkpoint. A run that is killed in between writes the row again; no row is ever
      // missing.
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
      epoch: done.epoch, epochCount: settings.epochs, batch: done.batch + 1,
      batchCount: loader.batchCount(in: done.epoch),
      losses: progress.losses.means, boxCount: done.boxCount, imageCount: done.imageCount,
      imageSize: settings.imageSize,
      imagesPerSecond: Double(clock.imageCount) / max(clock.seconds, 1e-9),
      stallShare: clock.stallShare(loader.telemetry), loader: LoaderReport(loader))
  }
}
