import FeederCache
import FeederCore
import FeederDatasets
import FeederTraining
import FeederWeights
import Foundation

/// A training of a YOLOv8 detector in this process, on one device.
///
/// One training at a time per process: the engine's threads and memory limit belong to the process.
public final class Training {
  /// How a training ended.
  public enum End: Sendable, Equatable {
    /// All epochs are done.
    case finished
    /// `patience` epochs brought nothing better than `bestEpoch`, counted from 0.
    case stoppedEarly(bestEpoch: Int)
    /// `stop_after_steps` steps are done; `last.safetensors` holds everything for a resume.
    case stoppedAfterSteps
    /// `isCancelled` said so; `last.safetensors` holds everything for a resume.
    case cancelled
  }

  /// Names of the classes, by class number.
  public let classNames: [String]
  /// The EMA weights of the best epoch, once an epoch is done.
  public let bestWeights: URL
  /// The newest state, once there is one: weights, and everything for a resume.
  public let lastWeights: URL
  private let trainer: Trainer
  private let relay: Relay

  /// Opens `data`, a data.yaml or the folder that holds one, builds its cache if needed, and prepares the network.
  ///
  /// `settings` are texts by the keys of docs/settings.md, such as `["model": "yolov8s", "epochs": "50"]`; every other setting has
  /// its default. `ranks`, `plots` and `tensorboard` have no effect. `weightsFolder` is made if it is missing. With `resumes` the
  /// training goes on from the checkpoint there, with the same data and settings; without, a folder that holds a checkpoint is
  /// refused. `note` gets lines for people.
  ///
  /// Throws if the data, a setting or the folder cannot be used.
  public init(
    _ data: String, settings: [String: String] = [:], weightsFolder: String, resumes: Bool = false,
    note: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(TrainingFailure) {
    let folder = URL(filePath: weightsFolder, directoryHint: .isDirectory)
    relay = Relay(note: note)
    do {
      let request = try TrainingRequest(settings)
      var plan = RunPlan(request, on: try DeviceChoice.device(request.devices, of: .alone))
      try plan.check()
      try plan.adopt()
      let dataset = try Dataset.open(data, skipsBadLabels: request.skipsBadLabels)
      plan = try plan.tiled(for: dataset) { note($0.description) }
      let options = plan.sourceOptions(memory: MemoryLimit().defaultBudget)
      let opener = SourceOpener(dataset, options, say: note)
      let (train, validation) = (try opener.open(.train), try opener.open(.val))
      try dataset.checkBoxes(train: train, validation: validation)
      plan = plan.with(window: train.window, of: train.source)
      let record = try DataRecord(
        classNames: dataset.classNames, [(split: .train, opened: train), (split: .val, opened: validation)])
      let images = RunPlan.Images(
        train: train.source, validation: validation.source, classCount: dataset.classNames.count,
        loaderBudget: options.memory)
      plan = try plan.found(on: images, nil) { note($0.description) }
      try Self.check(folder, resumes: resumes, plan, record)
      classNames = dataset.classNames
      (bestWeights, lastWeights) = (
        folder.appending(path: "best.safetensors"), folder.appending(path: "last.safetensors")
      )
      trainer = try Trainer(
        settings: plan, classNames: dataset.classNames, trainSource: train.source,
        validationSource: validation.source, dataSum: record.sum, deciding: plan.deciding, weightsFolder: folder,
        resume: resumes, memoryBudget: options.memory, observer: relay,
        isCancelled: { [relay] in relay.isCancelled() })
    } catch {
      throw TrainingFailure(error)
    }
  }

  /// Trains to the end. `onEpoch` is called after every epoch. `isCancelled` is asked after every step and every validated batch; if it
  /// says yes, the training writes `last.safetensors` and returns.
  ///
  /// Throws if the data, the disk, the memory or the loss stops the training; `last.safetensors` then holds the newest whole state, if
  /// there was one.
  public func run(
    onEpoch: @escaping (EpochSummary) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
  ) throws(TrainingFailure) -> End {
    (relay.isCancelled, relay.onEpoch) = (isCancelled, onEpoch)
    defer { relay.reset() }
    do {
      switch try trainer.run() {
      case .finished: return .finished
      case .stoppedEarly(let best): return .stoppedEarly(bestEpoch: best)
      case .stoppedAfterSteps: return .stoppedAfterSteps
      case .interrupted: return .cancelled
      }
    } catch {
      throw TrainingFailure(error)
    }
  }

  /// Makes the folder. Throws if it holds another training than the one that is asked for.
  private static func check(_ folder: URL, resumes: Bool, _ plan: RunPlan, _ record: DataRecord) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Checkpoint.checkPlaces(in: folder)
    guard resumes else {
      guard Checkpoint.date(in: folder) == nil else {
        throw SettingError("\(folder.path): holds a checkpoint; resume it, or name another folder")
      }
      return
    }
    let file = try Checkpoint.newest(in: folder)
    let changed = file.differences(from: plan.deciding).map(\.key)
    guard changed.isEmpty else {
      throw SettingError(
        "\(file.path): was trained with other values of \(changed.joined(separator: ", ")); give the same, or start a new "
          + "run")
    }
    guard file.dataSum == record.sum else {
      throw SettingError("\(file.path): was trained on other images or labels; give the same, or start a new run")
    }
  }
}

/// Hands on what the trainer reports and asks, on the thread of `run`.
private final class Relay: TrainingObserver {
  var isCancelled: () -> Bool = { false }
  var onEpoch: (EpochSummary) -> Void = { _ in }
  private let print: @Sendable (String) -> Void

  init(note: @escaping @Sendable (String) -> Void) { print = note }

  /// Forgets the closures of a run that has ended.
  func reset() { (isCancelled, onEpoch) = ({ false }, { _ in }) }

  func note(_ line: SettingLine) { print(line.description) }
  func epochDone(_ report: EpochReport) { onEpoch(EpochSummary(report)) }
}
