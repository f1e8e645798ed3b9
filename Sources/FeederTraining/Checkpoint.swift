import FeederDetection
import FeederTorch
import Foundation

/// Weights on disk: averaged weights by their published names, and in `last` everything that going on needs under `resume.`.
/// Nothing in it tells time, place or name of the run, so equal runs give equal bytes.
package struct Checkpoint {
  /// Folder that holds `best.safetensors` and `last.safetensors`.
  package let folder: URL
  private let metadata: [String: String]

  /// Checkpoints in `folder` of a model with these class names, for images of `imageSize`.
  package init(folder: URL, model: ModelSize, classNames: [String], imageSize: Int) throws {
    self.folder = folder
    let names = String(decoding: try JSONEncoder().encode(classNames), as: UTF8.self)
    metadata = ["format": "feeder", "model": model.modelName, "names": names, "image_size": String(imageSize)]
  }

  /// The newest state.
  package var lastPath: String { folder.appending(path: "last.safetensors").path }
  /// The averaged weights of the best epoch.
  package var bestPath: String { folder.appending(path: "best.safetensors").path }

  /// Writes `best`: weights for use alone.
  func writeBest(_ step: TrainingStep) throws {
    try WeightsWriter.write(step.averagedModel.state.map { ($0.name, $0.tensor) }, metadata: metadata, to: bestPath)
  }

  /// Writes `last`: weights for use and everything to go on.
  func writeLast(_ step: TrainingStep, _ progress: RunProgress) throws {
    var tensors = step.averagedModel.state.map { (name: $0.name, tensor: $0.tensor) }
    tensors += step.model.state.filter { $0.kind != .fixed }.map { ("resume.model." + $0.name, $0.tensor) }
    tensors += step.optimizer.state.map { ("resume.optimizer." + $0.name, $0.tensor) }
    if progress.pending > 0 {
      tensors += try step.model.state.filter(\.kind.isLearned).map { entry in
        ("resume.gradient." + entry.name, try entry.tensor.gradient() ?? entry.tensor.zerosLike())
      }
    }
    if let scaler = step.scaler {
      tensors += [("resume.scaler.scale", scaler.scale), ("resume.scaler.growth_tracker", scaler.growthTracker)]
    }
    tensors += try progress.tensors()
    try WeightsWriter.write(tensors, metadata: metadata, to: lastPath)
  }

  /// Puts the state of `last` into `step`, which has the same model and rule.
  func restore(_ file: WeightsFile, into step: TrainingStep) throws -> RunProgress {
    let progress = try RunProgress(file)
    try file.load(into: step.averagedModel.state)
    try file.load(into: step.model.state.filter { $0.kind != .fixed }, prefix: "resume.model.")
    try withoutGradients {
      for (name, tensor) in step.optimizer.state { try tensor.copy(from: file.tensor("resume.optimizer." + name)) }
      if let scaler = step.scaler {
        try scaler.scale.copy(from: file.tensor("resume.scaler.scale"))
        try scaler.growthTracker.copy(from: file.tensor("resume.scaler.growth_tracker"))
      }
    }
    if progress.pending > 0 {
      for entry in step.model.state where entry.kind.isLearned {
        // A product with the stored gradient gives exactly that gradient.
        let gradient = try file.tensor("resume.gradient." + entry.name).to(entry.tensor.device)
        try (entry.tensor * gradient).sum().backward()
      }
    }
    step.restore(
      pending: progress.pending, optimizerUpdates: progress.optimizerUpdates, averageUpdates: progress.averageUpdates)
    return progress
  }
}
