import FeederCache
import FeederCore
import FeederDetection
import FeederLoader
import FeederTorch

/// The predicted memory of a run, item by item, in bytes. Measurements behind it: docs/measurements/memory-plan.md.
package struct MemoryPlan: Sendable {
  /// What the plan depends on besides the settings.
  package struct Load: Sendable {
    /// The most boxes on one training image.
    package var boxes: Int
    /// The most boxes on one validation image.
    package var validationBoxes: Int
    /// Bytes of slots and scratch of both loaders.
    package var slotByteCount: Int
    /// Bytes of mapped cache files.
    package var mappedByteCount: Int
    /// True if gradients of earlier batches are in memory while a batch runs.
    package var accumulates: Bool

    /// A load from its values.
    package init(
      boxes: Int, validationBoxes: Int = 0, slotByteCount: Int = 0, mappedByteCount: Int = 0, accumulates: Bool = false
    ) {
      self.boxes = boxes
      self.validationBoxes = validationBoxes
      self.slotByteCount = slotByteCount
      self.mappedByteCount = mappedByteCount
      self.accumulates = accumulates
    }
  }

  /// Images per batch of this process.
  package let batch: Int
  /// The most boxes on one training image.
  package let boxes: Int
  /// Bytes of the learned weights and running statistics.
  package let weightByteCount: Int
  /// Bytes of the gradients.
  package let gradientByteCount: Int
  /// Bytes of the optimizer's state.
  package let optimizerByteCount: Int
  /// Bytes of the EMA's weights.
  package let averageByteCount: Int
  /// The tensors that forward keeps for backward, by layer.
  package let layers: [ActivationPlan.Layer]
  /// Bytes of these tensors and of autocast's weights in half precision.
  package let activationByteCount: Int
  /// Bytes that the loss takes in addition to the activations.
  package let lossByteCount: Int
  /// Bytes of the engine's code, kernels and scratch, of gaps between its tensors, and of gradient buckets if there are
  /// several ranks.
  package let workspaceByteCount: Int
  /// Bytes of slots and scratch of both loaders.
  package let slotByteCount: Int
  /// Bytes of mapped image files. The kernel drops their pages if memory is short.
  package let mappedByteCount: Int
  private let peakOfTensors: Int
  private let codeByteCount: Int

  /// Bytes of code, compiled kernels and thread stacks that the engine's first steps touch on the CPU. `gapShare`: gaps
  /// and oneDNN's scratch, as a share of the tensors. Both fitted to the table of docs/measurements/memory-plan.md.
  private static let engineByteCount = 45 << 20
  private static let gapShare = 0.03
  /// Share of the remaining bytes that tensors may fill. `kernelByteCount` stays free for the kernels that oneDNN
  /// compiles when a batch is cut: a kernel or thread that finds no memory may end the process.
  private static let limitShare = 0.95
  private static let kernelByteCount = 48 << 20
  /// Bytes of address space for the kernels of one batch size in float32, of one in half precision, and of validation.
  /// oneDNN maps 256 KiB per kernel, but touches few of these pages.
  private static let (codeByteCount, halfCodeByteCount, validationCodeByteCount) = (60 << 20, 90 << 20, 40 << 20)

  /// A plan for the process's share of batches of `settings.batch` images.
  package init(_ settings: RunPlan, rule: OptimizerRule, classCount: Int, load: Load) {
    let type = PrecisionPolicy(settings.precision, on: settings.device).autocastType
    let activations = ActivationPlan(
      settings.model, classCount: classCount, batch: settings.ownBatch, imageSize: settings.imageSize,
      elementByteCount: type?.byteCount ?? 4)
    batch = settings.ownBatch
    boxes = load.boxes
    weightByteCount = (activations.learnedCount + activations.statisticCount) * 4
    gradientByteCount = activations.learnedCount * 4
    optimizerByteCount = activations.learnedCount * 4 * rule.slotCount
    averageByteCount = weightByteCount
    layers = activations.layers
    activationByteCount = activations.byteCount + activations.castWeightByteCount
    lossByteCount = activations.loss.byteCount(images: settings.ownBatch, boxes: load.boxes)
    slotByteCount = load.slotByteCount
    mappedByteCount = load.mappedByteCount
    // In backward, gradients grow while activations shrink. The update needs all gradients, and as many bytes again for
    // its roots.
    let waiting = load.accumulates ? gradientByteCount : 0
    let step = activationByteCount + lossByteCount + waiting
    // Validation keeps no layer for backward. Its loss needs more than training's if its images have far more boxes.
    let validation =
      layers[0].byteCount + (layers.dropFirst().map(\.byteCount).max() ?? 0) + waiting
      + ValidationLoss.largestByteCount(
        activations.loss, batch: settings.ownBatch, boxes: load.validationBoxes)
    peakOfTensors =
      weightByteCount + optimizerByteCount + averageByteCount + max(step, validation, 2 * gradientByteCount)
    // Ranks send their gradients from buckets, which are copies.
    let buckets = settings.place.count > 1 ? gradientByteCount : 0
    codeByteCount = type == nil ? Self.codeByteCount : Self.halfCodeByteCount
    workspaceByteCount = Self.engineByteCount + Int(Self.gapShare * Double(peakOfTensors)) + buckets
  }

  /// The most bytes in the memory that holds the tensors: the device's memory, or for the CPU the process's memory
  /// without its loaders.
  package var stepByteCount: Int { peakOfTensors + workspaceByteCount }

  /// The expected growth of VmHWM in bytes, from before the model is made, if the tensors are on the CPU.
  package var growthByteCount: Int { stepByteCount + slotByteCount + mappedByteCount }

  /// True if the whole plan fits into `capacity`. A tenth of a GPU's memory stays free.
  package func fits(_ capacity: MemoryCapacity, on device: Device) -> Bool {
    device == .cpu ? peakOfTensors <= tensorLimit(capacity) : stepByteCount <= capacity.byteCount / 10 * 9
  }

  /// Bytes that tensors on the CPU may take if the process may take `capacity` and kernels are compiled for
  /// `shapeCount` batch sizes.
  func tensorLimit(_ capacity: MemoryCapacity, shapeCount: Int = 2) -> Int {
    let code =
      capacity.isAddressSpace ? codeByteCount * shapeCount + Self.validationCodeByteCount : Self.kernelByteCount
    let left = capacity.byteCount - slotByteCount - Self.engineByteCount - code
    return max(Int(Double(left) / (1 + Self.gapShare) * Self.limitShare), 0)
  }

  /// True if the tensors alone need more than `capacity`.
  func exceeds(_ capacity: MemoryCapacity) -> Bool { peakOfTensors > capacity.byteCount - slotByteCount }

  /// True if the tensors on the CPU and the kernels for `shapeCount` batch sizes fit into `capacity`.
  func fits(_ capacity: MemoryCapacity, shapeCount: Int) -> Bool {
    peakOfTensors <= tensorLimit(capacity, shapeCount: shapeCount)
  }

  /// The plan in one line, for people.
  package var line: String {
    func text(_ bytes: Int) -> String { "\(ByteCount(bytes))" }
    return "memory plan: weights \(text(weightByteCount)), gradients \(text(gradientByteCount)), optimizer "
      + "\(text(optimizerByteCount)), average \(text(averageByteCount)), activations \(text(activationByteCount)), loss "
      + "\(text(lossByteCount)) (\(boxes) boxes per image), workspace \(text(workspaceByteCount)), slots "
      + "\(text(slotByteCount)), mapped files \(text(mappedByteCount)); at most \(text(growthByteCount)) at once"
  }
}
