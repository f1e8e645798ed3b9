import FeederCore
import FeederDetection
import FeederTorch

/// Finds the largest batch whose worst case fits: by the memory plan first, then by one real step of that worst case.
package struct BatchFinder {
  /// The batch that was found, and why, in one line.
  package struct Choice: Sendable {
    package let batch: Int
    package let line: SettingLine
    /// Bytes that tensors on the CPU may take in the run: measured before the search took memory of its own.
    package let tensorLimit: Int
  }

  private let settings: RunPlan
  private let classCount: Int
  private let memory: RunMemory
  private let capacity: MemoryCapacity
  private let imageCount: Int
  /// Boxes of an image at the very most.
  private let boxes: Int

  /// A batch that the real step refuses is lowered to this share.
  private static let backoff = 0.875
  private static let largestBatch = 4096

  /// A search for a run over `imageCount` training images.
  package init(
    _ settings: RunPlan, classCount: Int, memory: RunMemory, capacity: MemoryCapacity, imageCount: Int
  ) {
    self.settings = settings
    self.classCount = classCount
    self.memory = memory
    self.capacity = capacity
    self.imageCount = imageCount
    boxes = memory.worstBoxes
  }

  /// The largest batch that the plan allows; 0 where not even one image fits.
  package func planned() -> Int {
    var (fits, tooLarge) = (0, min(Self.largestBatch, max(imageCount, 1)) + 1)
    while tooLarge - fits > 1 {
      let middle = (fits + tooLarge) / 2
      if doesFit(middle) { fits = middle } else { tooLarge = middle }
    }
    return fits
  }

  /// The largest batch that the plan allows and one real step confirms. `note` hears of every batch that was refused.
  ///
  /// Throws `SettingError` where not even one image fits.
  package func find(note: (SettingLine) -> Void) throws -> Choice {
    var batch = planned()
    while batch > 0 {
      do {
        let plan = try memory.worst(batch: batch, boxes: boxes)
        let limit = plan.tensorLimit(capacity)
        if settings.device == .cpu { EngineMemory.setHostLimit(limit) }
        defer { EngineMemory.setHostLimit(nil) }
        let tensorBytes = try step(batch)
        try EngineMemory.releaseUnused(settings.device)
        return Choice(batch: batch, line: line(plan, tensorBytes), tensorLimit: limit)
      } catch TrainingError.outOfMemory(_, _, let reason) {
        note("\(setting: "batch") auto: a real step of \(batch) images ran out of memory (\(reason))")
        batch = min(Int(Double(batch) * Self.backoff), batch - 1)
      }
    }
    throw SettingError(
      "\(setting: "batch") auto: not even one image fits into the \(ByteCount(capacity.byteCount)) \(capacity.reason): try a smaller "
        + "\(setting: "image_size"), \(setting: "model") or \(setting: "memory")")
  }

  private func doesFit(_ batch: Int) -> Bool {
    // No plan where the loaders' own budget is too small for such a batch.
    guard let plan = try? memory.worst(batch: batch, boxes: boxes) else { return false }
    return plan.fits(capacity, on: settings.device)
  }

  /// Bytes where the tensors live; the loaders' are on the host.
  private func needed(_ plan: MemoryPlan) -> Int {
    settings.device == .cpu ? plan.growthByteCount : plan.stepByteCount
  }

  private func line(_ plan: MemoryPlan, _ tensorBytes: Int) -> SettingLine {
    let ceiling = plan.batch == min(Self.largestBatch, imageCount) ? "; more would be more than an epoch has" : ""
    return
      "\(setting: "batch") auto: \(plan.batch) images: at most \(ByteCount(needed(plan))) with \(plan.boxes) boxes an image, of "
      + "\(ByteCount(capacity.byteCount)) \(capacity.reason), the rest is kept free\(ceiling); a real step of that size, with "
      + "validation, ran\(tensorBytes > 0 ? " with \(ByteCount(tensorBytes)) of tensors" : "")"
  }

  /// Runs one step, one update and one validation pass of `batch` images with the most boxes there can be. Returns the bytes
  /// that its tensors took at once on the host.
  private func step(_ batch: Int) throws -> Int {
    let device = settings.device
    let before = EngineMemory.hostBytes
    EngineMemory.resetHostPeak()
    let model = try DetectionNetwork(settings.model, classCount: classCount, seed: settings.seed, device: device)
    let step = try TrainingStep(
      model: model, rule: .adamw, weightDecay: 0, precision: settings.precision, device: device, seed: settings.seed)
    step.parts.maySplit = false
    let images = try Tensor.full([batch, 3, settings.imageSize, settings.imageSize], 0.5, device: device)
      .contiguous(.channelsLast)
    _ = try step.accumulate(images, targets: targets(batch)).array()
    // A second batch of the same update: gradients wait while it runs.
    _ = try step.accumulate(images, targets: targets(batch)).array()
    try step.update(LearningRateSchedule.Point(weightRate: 0, biasRate: 0, momentum: 0.9, accumulation: 1))
    let anchors = try step.anchors(height: settings.imageSize, width: settings.imageSize)
    let pass = try ValidationPass(
      settings.precision, on: device, suppression: .validation, loss: ValidationLoss())
    _ = try withoutGradients { try pass(step.averagedModel, images, targets(batch), anchors) }
    return EngineMemory.hostPeakBytes - before
  }

  /// Boxes of a tenth of the side on a grid, as many on every image as one can have.
  private func targets(_ batch: Int) -> [TargetBox] {
    (0..<batch).flatMap { image in
      (0..<boxes).map { box in
        TargetBox(
          imageIndex: image, classID: box % classCount, x: Float(box % 9 + 1) / 10, y: Float(box / 9 % 9 + 1) / 10,
          width: 0.1, height: 0.1)
      }
    }
  }
}
