import FeederCache
import FeederDetection
import FeederLoader
import FeederTorch
import FeederWeights

/// A trial of half precision on the user's own batches, before the run begins. Its weights are discarded; the run's
/// image order and random numbers do not depend on it.
package struct PrecisionProbe {
  /// Batches of a trial.
  private static let batchCount = 3
  /// The most images per batch of a trial. That is enough for numbers of the usual size.
  private static let largestBatch = 16
  /// Largest allowed difference between the loss and that in float32, as a share. bf16 keeps 8 bits of a number and
  /// differs by a few thousandths.
  static let tolerance = 0.05

  private let settings: RunPlan
  private let classCount: Int
  private let source: any ImageSource

  /// A trial with the model, batch and device of `settings`, on images of `source`.
  package init(_ settings: RunPlan, classCount: Int, source: any ImageSource) {
    self.settings = settings
    self.classCount = classCount
    self.source = source
  }

  /// The precision for all `ranks`: the policy's, or fp32 if a trial fails on one of them. Also a line with the choice
  /// and its reason.
  ///
  /// Throws if the images cannot be read, or if a rank is lost.
  package func choose(_ policy: PrecisionPolicy, _ ranks: Ranks?) throws -> (precision: Precision, line: String) {
    let reason = policy.reason ?? "as asked"
    guard policy.autocastType != nil else { return (policy.precision, "\(policy.precision.rawValue) (\(reason))") }
    let objection = try objection(to: policy.precision)
    guard try ranks?.any(objection != nil) ?? (objection != nil) else {
      return (policy.precision, "\(policy.precision.rawValue) (\(reason), and a trial on this data)")
    }
    return (.fp32, "fp32 (a trial on this data: \(objection ?? "\(policy.precision.rawValue) fails on another rank"))")
  }

  /// Tries `precision`; nil if it works, else one line with the fault and its layer.
  func objection(to precision: Precision) throws -> String? {
    let model = try DetectionNetwork(
      settings.model, classCount: classCount, seed: settings.seed, device: settings.device)
    if let path = settings.startWeights {
      _ = try WeightsFile(path: path).transfer(into: model.state, of: settings.model)
    }
    return try objection(to: precision, of: model)
  }

  /// The same with an existing network.
  func objection(to precision: Precision, of model: DetectionNetwork) throws -> String? {
    let step = try TrainingStep(
      model: model, rule: .sgd, weightDecay: 0, precision: precision, device: settings.device, seed: settings.seed)
    let trial = settings.with(batch: max(1, min(settings.ownBatch, Self.largestBatch)), place: .alone)
    let loader = try Loader(
      source: source, settings: trial.loader(.training(settings.augmentation), workers: 1, prefetchDepth: 1))
    defer { loader.cancel() }
    loader.startEpoch(0)
    for _ in 0..<Self.batchCount {
      guard let batch = try loader.nextBatch() else { break }
      let (images, targets) = (try batch.networkInput(on: settings.device), batch.targetBoxes)
      batch.release()
      if let reason = try objection(step, images, targets) { return "\(precision.rawValue): \(reason)" }
    }
    return nil
  }

  private func objection(_ step: TrainingStep, _ images: Tensor, _ targets: [TargetBox]) throws -> String? {
    let exact = try withoutGradients { try step.forward(images, targets, inFloat32: true).items.sum().item() }
    let half = try step.accumulate(images, targets: targets).sum().item()
    // A scale that is too large is no fault: the run would lower it too.
    while let scaler = step.scaler, try scaler.unscale(step.optimizer.parameters.compactMap { try $0.gradient() }),
      try scaler.scale.item() > 1
    {
      try scaler.update()
      try step.optimizer.clearGradients()
      _ = try step.accumulate(images, targets: targets)
    }
    let gradients = try step.optimizer.parameters.compactMap { try $0.gradient() }
    let isFinite = try half.isFinite && gradients.allSatisfy { try OverflowSearch.isFinite($0) }
    try step.optimizer.clearGradients()
    guard isFinite else {
      let place = try OverflowSearch.place(in: step, images, targets)
      return "\(place ?? "a gradient") leaves its range"
    }
    guard abs(half - exact) <= Self.tolerance * abs(exact) else {
      return "the loss is \(half), in float32 \(exact)"
    }
    return nil
  }
}
