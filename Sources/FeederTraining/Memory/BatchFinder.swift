import FeederCore
import FeederDetection
import FeederTorch

/// Finds the largest batch size that fits in the worst case. The memory plan proposes it; one real step of that worst
/// case confirms it.
package struct BatchFinder {
  /// The batch size that was found.
  package struct Choice: Sendable {
    /// Images per batch of this process.
    package let batch: Int
    /// The choice and its reason in one line, for people.
    package let line: SettingLine
    /// Bytes that tensors on the CPU may take in the run. Measured before the search took memory of its own.
    package let tensorLimit: Int
  }

  private let settings: RunPlan
  private let classCount: Int
  private let memory: RunMemory
  private let capacity: MemoryCapacity
  private let imageCount: Int
  /// The most boxes that one image can have.
  private let boxes: Int

  /// If the real step runs out of memory, the batch size shrinks to this share.
  private static let backoff = 0.875
  private static let largestBatch = 4096

  /// A search for a run over `imageCount` training images with `classCount` classes. `capacity` is what the device has
  /// left.
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

  /// The largest batch size that the plan allows; 0 if not even one image fits.
  package func planned() -> Int {
    var (fits, tooLarge) = (0, min(Self.largestBatch, max(imageCount, 1)) + 1)
    while tooLarge - fits > 1 {
      let middle = (fits + tooLarge) / 2
      if doesFit(middle) { fits = middle } else { tooLarge = middle }
    }
    return fits
  }

  /// The largest batch size that the plan allows and one real step confirms. `note` gets a line for every batch size
  /// that ran out of memory.
  ///
  /// Throws `SettingError` if not even one image fits, and `EngineError` if the step fails for another reason.
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
    // `worst` throws if the loaders' own budget is too small for this batch size.
    guard let plan = try? memory.worst(batch: batch, boxes: boxes) else { return false }
    return plan.fits(capacity, on: settings.device)
  }

  /// Bytes in the memory that holds the tensors. The loaders' memory is on the host.
  private func needed(_ plan: MemoryPlan) -> Int {
    settings.device == .cpu ? plan.growthByteCount : plan.stepByteCount
  }

  private func line(_ plan: MemoryPlan, _ tensorBytes: Int) -> SettingLine {
    let ceiling = plan.batch == min(Self.largestBatch, imageCount) ? "; an epoch has no more images" : ""
    return
      "\(setting: "batch") auto: \(plan.batch) images: at most \(ByteCount(needed(plan))) with \(plan.boxes) boxes per image, of "
      + "\(ByteCount(capacity.byteCount)) \(capacity.reason), the rest is kept free\(ceiling); a real step of that size, with "
      + "validation, ran\(tensorBytes > 0 ? " with \(ByteCount(tensorBytes)) of tensors" : "")"
  }

  /// Runs two batches of `batch` images, one update and one validation pass, with the most boxes that images can have.
  /// Returns the most bytes of host tensors at one time.
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
    // A second batch before the update: the first one's gradients are in memory while it runs.
    _ = try step.accumulate(images, targets: targets(batch)).array()
    try step.update(LearningRateSchedule.Point(weightRate: 0, biasRate: 0, momentum: 0.9, accumulation: 1))
    let anchors = try step.anchors(height: settings.imageSize, width: settings.imageSize)
    let pass = try ValidationPass(
      settings.precision, on: device, suppression: .validation, loss: ValidationLoss())
    _ = try withoutGradients { try pass(step.averagedModel, images, targets(batch), anchors) }
    return EngineMemory.hostPeakBytes - before
  }

  /// On every image as many boxes as an image can have. They lie on a grid; their sides are a tenth of the image's.
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
