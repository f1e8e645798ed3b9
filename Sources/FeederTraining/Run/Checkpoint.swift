import FeederCache
import FeederCodecs
import FeederCore
import FeederDetection
import FeederImaging
import FeederMetrics
import FeederTorch
import FeederWeights
import Foundation

/// Weights on disk. All files hold the EMA's weights by their published names; `last` also holds all that a resume
/// needs, under `resume.`. No file contains a time, a path or the run's name, so equal runs write equal bytes.
package struct Checkpoint {
  /// The folder of `best.safetensors`, `last.safetensors`, and the previous `last` as `previous.safetensors`.
  package let folder: URL
  private let metadata: [String: String]
  private static let lastName = "last.safetensors"
  private static let previousName = "previous.safetensors"
  private static let bestName = "best.safetensors"

  /// Metadata key for the most boxes on one image of the run's data. Written only if they exceed
  /// `DetectionBound.standard`.
  fileprivate static let mostBoxesKey = "most_boxes"

  /// The checkpoints of a run in `folder`. Their metadata holds the arguments: class names, image size in pixels, and
  /// the most boxes on one image; `dataSum` is the checksum of the data's record, `deciding` the settings that decide
  /// what the run computes, `origin` what another program said of the first weights. Throws if the class names cannot be encoded.
  package init(
    folder: URL, model: ModelDesign, classNames: [String], imageSize: Int, mostBoxes: Int, dataSum: String? = nil,
    deciding: [String: String] = [:], origin: WeightsOrigin? = nil
  ) throws {
    self.folder = folder
    let names = String(decoding: try JSONEncoder().encode(classNames), as: UTF8.self)
    var metadata = ["format": "feeder", "model": model.name, "names": names, "image_size": String(imageSize)]
    if mostBoxes > DetectionBound.standard { metadata[Self.mostBoxesKey] = String(mostBoxes) }
    metadata[Self.dataKey] = dataSum
    if !deciding.isEmpty { metadata[Self.settingsKey] = Self.text(deciding) }
    self.metadata = metadata.merging(origin?.metadata ?? [:]) { own, _ in own }
  }

  fileprivate static let dataKey = "data_xxh64"
  fileprivate static let settingsKey = "settings"

  /// The settings as one text. Equal settings give equal text.
  private static func text(_ settings: [String: String]) -> String {
    settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
  }

  /// Path of the newest state.
  package var lastPath: String { folder.appending(path: Self.lastName).path }
  /// Path of the state before it.
  package var previousPath: String { folder.appending(path: Self.previousName).path }
  /// Path of the EMA's weights of the best epoch.
  package var bestPath: String { folder.appending(path: Self.bestName).path }

  /// Throws `WeightsError` if `folder` holds a folder, or a file that Feeder did not write, under the name of a
  /// checkpoint. A save would fail, or replace it.
  package static func checkPlaces(in folder: URL) throws {
    for name in [lastName, previousName, bestName] {
      _ = try WeightsWriter.target(of: folder.appending(path: name).path)
    }
  }

  /// Writes `best`: the EMA's weights, without a state to resume from.
  func writeBest(_ step: TrainingStep) throws {
    try WeightsWriter.write(step.averagedModel.state.map { ($0.name, $0.tensor) }, metadata: metadata, to: bestPath)
  }

  /// Opens the newest complete state in a folder of weights. `note` gets a line if that is `previous`. Throws
  /// `TrainingError.noCheckpoint` if there is none.
  package static func newest(in folder: URL, note: (SettingLine) -> Void = { _ in }) throws -> WeightsFile {
    let path = folder.appending(path: lastName).path
    let olderPath = folder.appending(path: previousName).path
    do {
      return try WeightsFile(path: path)
    } catch {
      do {
        let older = try WeightsFile(path: olderPath)
        note("\(SettingLine(error)); resuming from the checkpoint before it, \(olderPath)")
        return older
      } catch let olderError {
        let exists = FileManager.default.fileExists(atPath: olderPath)
        let bestPath = folder.appending(path: bestName).path
        throw TrainingError.noCheckpoint(
          "\(error)", exists ? "\(olderError)" : "there is none before it",
          best: (try? WeightsFile(path: bestPath)) == nil ? nil : bestPath)
      }
    }
  }

  /// When the newest state in a folder of weights was written, complete or not; nil if there is none.
  package static func date(in folder: URL) -> Date? {
    [lastName, previousName].compactMap { name in
      let path = folder.appending(path: name).path
      return (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }.max()
  }

  /// Writes `last`: the EMA's weights, and the state after the last complete batch. With `keepsLast`, the old `last`
  /// becomes `previous`. Throws `WeightsError` or `EngineError`.
  func writeLast(_ step: TrainingStep, _ progress: RunProgress, keepsLast: Bool) throws {
    var tensors = step.averagedModel.state.map { (name: $0.name, tensor: $0.tensor) }
    let settled = try step.undo.settled()
    tensors += settled.map { ("resume.model." + $0.entry.name, $0.tensor) }
    tensors += step.optimizer.state.map { ("resume.optimizer." + $0.name, $0.tensor) }
    if progress.pending > 0 {
      tensors += try settled.filter(\.entry.kind.isLearned).map { entry, tensor, gradient in
        ("resume.gradient." + entry.name, try gradient ?? tensor.zerosLike())
      }
    }
    if let scaler = step.scaler {
      tensors += [("resume.scaler.scale", scaler.scale), ("resume.scaler.growth_tracker", scaler.growthTracker)]
    }
    tensors += try progress.tensors()
    var metadata = metadata
    metadata[EpochMark.key] = progress.mark
    try WeightsWriter.write(tensors, metadata: metadata, to: lastPath, previous: keepsLast ? previousPath : nil)
  }

  /// Puts the state from a `last` file into `step`, which must have the same model and optimizer. Throws `WeightsError`
  /// if the file does not fit.
  func restore(_ file: WeightsFile, into step: TrainingStep) throws -> RunProgress {
    let progress = try RunProgress(file)
    try file.load(into: step.averagedModel.state)
    try file.load(into: step.model.state.filter { $0.kind != .fixed }, prefix: "resume.model.")
    for (name, tensor) in step.optimizer.state { try file.load("resume.optimizer." + name, into: tensor) }
    let rescale = try restoreScale(file, step.scaler)
    if progress.pending > 0 {
      for entry in step.model.state where entry.kind.isLearned {
        // Backward through the sum of tensor * gradient gives exactly `gradient`.
        let gradient = try entry.tensor.zerosLike()
        try file.load("resume.gradient." + entry.name, into: gradient)
        try (entry.tensor * (rescale == 1 ? gradient : gradient * rescale)).sum().backward()
      }
    }
    step.restore(
      pending: progress.pending, optimizerUpdates: progress.optimizerUpdates, averageUpdates: progress.averageUpdates)
    return progress
  }

  /// Restores the state of loss scaling. If the run resumes with another precision, the scale starts again or is
  /// dropped. Returns the factor from the file's gradients to gradients under `scaler`.
  private func restoreScale(_ file: WeightsFile, _ scaler: LossScaler?) throws -> Double {
    let name = "resume.scaler.scale"
    guard file.shape(name) != nil else { return try scaler?.scale.item() ?? 1 }
    let stored = try LossScaler()
    try file.load(name, into: stored.scale)
    let scale = try stored.scale.item()
    guard scale > 0, scale.isFinite else {
      throw WeightsError.unusable(file: file.path, reason: "'\(name)' is \(scale), which is not a loss scale")
    }
    guard let scaler else { return 1 / scale }
    try file.load(name, into: scaler.scale)
    try file.load("resume.scaler.growth_tracker", into: scaler.growthTracker)
    return 1
  }
}

extension WeightsFile {
  /// The settings in `own` that have another value in the run of these weights, sorted by key; none if the weights state no settings.
  package func differences(from own: [String: String]) -> [(key: String, now: String, then: String)] {
    guard let known = settings else { return [] }
    return own.keys.sorted().compactMap { key in
      guard let now = own[key], let then = known[key], now != then else { return nil }
      return (key, now, then)
    }
  }

  /// The images that the weights were trained on, as their settings say; nil if they say no settings.
  package var training: LevelOptions.Training? {
    guard let settings else { return nil }
    guard let window = settings["window"].flatMap({ LevelWindow(text: $0) }) else { return .bytes }
    return .levels(settings["curve"].flatMap(LevelWindow.Curve.init(rawValue:)).map(window.with) ?? window)
  }
}

extension WeightsFile {
  /// The most boxes on one image of the training data; 0 if the file does not say.
  package var mostBoxes: Int { metadata[Checkpoint.mostBoxesKey].flatMap { Int($0) } ?? 0 }

  /// The checksum of the record of the data that the run trained and validated on; nil if the file has none.
  package var dataSum: String? { metadata[Checkpoint.dataKey] }

  /// The settings that decided what the run computed, by key; nil if the file has none.
  package var settings: [String: String]? {
    metadata[Checkpoint.settingsKey].map { text in
      let pairs = text.split(separator: "\n").map {
        $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      }
      return Dictionary(pairs.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) }) { first, _ in first }
    }
  }
}

extension WeightsFile {
  /// The progress of the run behind this checkpoint. Throws `WeightsError` if it cannot be resumed.
  package var progress: RunProgress { get throws { try RunProgress(self) } }
}
