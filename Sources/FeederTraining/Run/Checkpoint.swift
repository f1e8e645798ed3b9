import FeederCore
import FeederDetection
import FeederMetrics
import FeederTorch
import FeederWeights
import Foundation

/// Weights on disk: averaged weights by their published names, and in `last` everything that going on needs under `resume.`.
/// Nothing in it tells time, place or name of the run, so equal runs give equal bytes.
package struct Checkpoint {
  /// Folder that holds `best.safetensors`, `last.safetensors`, and the one before it as `previous.safetensors`.
  package let folder: URL
  private let metadata: [String: String]
  private static let lastName = "last.safetensors"
  private static let previousName = "previous.safetensors"
  private static let bestName = "best.safetensors"

  /// Key of the most boxes of an image of the run's data, in weights of data with more than `DetectionBound.standard`.
  fileprivate static let mostBoxesKey = "most_boxes"

  /// Checkpoints in `folder` of a model with these class names, for images of `imageSize` with up to `mostBoxes` boxes. `dataSum` is the
  /// sum of the data's record, and `deciding` the settings that decide what the run computes.
  package init(
    folder: URL, model: ModelDesign, classNames: [String], imageSize: Int, mostBoxes: Int, dataSum: String? = nil,
    deciding: [String: String] = [:]
  ) throws {
    self.folder = folder
    let names = String(decoding: try JSONEncoder().encode(classNames), as: UTF8.self)
    var metadata = ["format": "feeder", "model": model.name, "names": names, "image_size": String(imageSize)]
    if mostBoxes > DetectionBound.standard { metadata[Self.mostBoxesKey] = String(mostBoxes) }
    metadata[Self.dataKey] = dataSum
    if !deciding.isEmpty { metadata[Self.settingsKey] = Self.text(deciding) }
    self.metadata = metadata
  }

  fileprivate static let dataKey = "data_xxh64"
  fileprivate static let settingsKey = "settings"

  /// Settings as one text, which equal settings share.
  private static func text(_ settings: [String: String]) -> String {
    settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
  }

  /// The newest state.
  package var lastPath: String { folder.appending(path: Self.lastName).path }
  /// The state before it.
  package var previousPath: String { folder.appending(path: Self.previousName).path }
  /// The averaged weights of the best epoch.
  package var bestPath: String { folder.appending(path: Self.bestName).path }

  /// Throws if something that this program did not write, or a folder, has the name of a checkpoint in `folder`: a save would fail, or take
  /// its place.
  package static func checkPlaces(in folder: URL) throws {
    for name in [lastName, previousName, bestName] {
      _ = try WeightsWriter.target(of: folder.appending(path: name).path)
    }
  }

  /// Writes `best`: weights for use alone.
  func writeBest(_ step: TrainingStep) throws {
    try WeightsWriter.write(step.averagedModel.state.map { ($0.name, $0.tensor) }, metadata: metadata, to: bestPath)
  }

  /// The newest whole state in a folder of weights; `note` is told where that is not `last`. Throws where there is none.
  package static func newest(in folder: URL, note: (SettingLine) -> Void = { _ in }) throws -> WeightsFile {
    let path = folder.appending(path: lastName).path
    let olderPath = folder.appending(path: previousName).path
    do {
      return try WeightsFile(path: path)
    } catch {
      do {
        let older = try WeightsFile(path: olderPath)
        note("\(SettingLine(error)); going on from the checkpoint before it, \(olderPath)")
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

  /// When the newest state in a folder of weights was written; nil where there is none, whole or not.
  package static func date(in folder: URL) -> Date? {
    [lastName, previousName].compactMap { name in
      let path = folder.appending(path: name).path
      return (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }.max()
  }

  /// Writes `last`: weights for use and everything to go on, as the latest whole batch left it. What was `last` goes on as `previous`, where `keepsLast`.
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

  /// Puts the state of a file of `last` into `step`, which has the same model and rule.
  func restore(_ file: WeightsFile, into step: TrainingStep) throws -> RunProgress {
    let progress = try RunProgress(file)
    try file.load(into: step.averagedModel.state)
    try file.load(into: step.model.state.filter { $0.kind != .fixed }, prefix: "resume.model.")
    for (name, tensor) in step.optimizer.state { try file.load("resume.optimizer." + name, into: tensor) }
    let rescale = try restoreScale(file, step.scaler)
    if progress.pending > 0 {
      for entry in step.model.state where entry.kind.isLearned {
        // A product with the stored gradient gives exactly that gradient.
        let gradient = try entry.tensor.zerosLike()
        try file.load("resume.gradient." + entry.name, into: gradient)
        try (entry.tensor * (rescale == 1 ? gradient : gradient * rescale)).sum().backward()
      }
    }
    step.restore(
      pending: progress.pending, optimizerUpdates: progress.optimizerUpdates, averageUpdates: progress.averageUpdates)
    return progress
  }

  /// Puts back what loss scaling knew. Where the run goes on with another precision, the scale starts anew or is dropped: returns
  /// what makes of a gradient in the file one of `scaler`.
  private func restoreScale(_ file: WeightsFile, _ scaler: LossScaler?) throws -> Double {
    let name = "resume.scaler.scale"
    guard file.shape(name) != nil else { return try scaler?.scale.item() ?? 1 }
    let stored = try LossScaler()
    try file.load(name, into: stored.scale)
    let scale = try stored.scale.item()
    guard scale > 0, scale.isFinite else {
      throw WeightsError.unusable(file: file.path, reason: "'\(name)' is \(scale), no scale of a loss")
    }
    guard let scaler else { return 1 / scale }
    try file.load(name, into: scaler.scale)
    try file.load("resume.scaler.growth_tracker", into: scaler.growthTracker)
    return 1
  }
}

extension WeightsFile {
  /// The most boxes of an image of the data that the weights were trained on; 0 if the file does not say.
  package var mostBoxes: Int { metadata[Checkpoint.mostBoxesKey].flatMap { Int($0) } ?? 0 }

  /// The sum of the record of the data that the weights were trained and validated on; nil if they do not say it.
  package var dataSum: String? { metadata[Checkpoint.dataKey] }

  /// The settings that decided what their run computed; nil if they do not say it.
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
  /// Where the run behind this checkpoint stands. Throws where it cannot be resumed.
  package var progress: RunProgress { get throws { try RunProgress(self) } }
}
