import FeederCache
import FeederCore
import FeederDetection
import FeederLoader
import FeederTorch

/// What a run will take, item by item, before anything of it is made. Figures behind it: docs/measurements/memory-plan.md.
package struct MemoryPlan: Sendable {
  /// What a plan is made for.
  package struct Load: Sendable {
    /// Boxes of the image that has most.
    package var boxes: Int
    /// Boxes of the validation image that has most.
    package var validationBoxes: Int
    /// Bytes of both loaders' slots and scratch.
    package var slotByteCount: Int
    /// Bytes of mapped cache files.
    package var mappedByteCount: Int
    /// True where gradients of earlier batches wait while a batch runs.
    package var accumulates: Bool

    /// A load by its numbers.
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

  /// Images of a batch, and boxes of the image that has most.
  package let batch: Int
  package let boxes: Int
  /// Learned weights with running statistics; gradients; the optimizer's state; the average's own weights.
  package let weightByteCount: Int
  package let gradientByteCount: Int
  package let optimizerByteCount: Int
  package let averageByteCount: Int
  /// What forward keeps for backward, layer by layer, and the half precision weights of autocast.
  package let layers: [ActivationPlan.Layer]
  package let activationByteCount: Int
  /// What the loss takes on top of the activations.
  package let lossByteCount: Int
  /// The engine's code, kernels and scratch, and gaps between its tensors.
  package let workspaceByteCount: Int
  /// Slots and scratch of both loaders, and mapped files of images, which the kernel drops where memory is short.
  package let slotByteCount: Int
  package let mappedByteCount: Int
  private let peakOfTensors: Int
  private let codeByteCount: Int

  /// Code, compiled kernels and thread stacks that the engine's first steps touch on the CPU, and the share of its tensors that
  /// gaps and oneDNN's scratch come to; both measured over the table of docs/measurements/memory-plan.md.
  private static let engineByteCount = 45 << 20
  private static let gapShare = 0.03
  /// What tensors may fill of the rest, and what stays for the kernels that oneDNN compiles when a batch is cut: beyond it a kernel
  /// or a thread finds no memory, which they bear badly.
  private static let limitShare = 0.95
  private static let kernelByteCount = 48 << 20
  /// Address space of the kernels for one size of batch, in float32 and in half precision, and of validation. oneDNN maps 256 KiB for each
  /// kernel, of which few pages are touched.
  private static let (codeByteCount, halfCodeByteCount, validationCodeByteCount) = (60 << 20, 90 << 20, 40 << 20)

  /// A plan for batches of `settings.batch` images.
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
    // Gradients come while activations go; the update, where all gradients live, needs as much again for its roots.
    let waiting = load.accumulates ? gradientByteCount : 0
    let step = activationByteCount + lossByteCount + waiting
    // Validation keeps no layer for backward. Its loss is more than training's if its images have far more boxes.
    let validation =
      layers[0].byteCount + (layers.dropFirst().map(\.byteCount).max() ?? 0) + waiting
      + ValidationLoss.largestByteCount(
        activations.loss, batch: settings.ownBatch, boxes: load.validationBoxes)
    peakOfTensors =
      weightByteCount + optimizerByteCount + averageByteCount + max(step, validation, 2 * gradientByteCount)
    // Ranks send their gradients from buckets.
    let buckets = settings.place.count > 1 ? gradientByteCount : 0
    codeByteCount = type == nil ? Self.codeByteCount : Self.halfCodeByteCount
    workspaceByteCount = Self.engineByteCount + Int(Self.gapShare * Double(peakOfTensors)) + buckets
  }

  /// The most bytes where the tensors live: on the device, or for the CPU in the process without its loaders.
  package var stepByteCount: Int { peakOfTensors + workspaceByteCount }

  /// By how much VmHWM is expected to grow from before the model is made, where the tensors live on the CPU.
  package var growthByteCount: Int { stepByteCount + slotByteCount + mappedByteCount }

  /// True where all of it fits into `capacity` bytes: of a device's memory a tenth stays free.
  package func fits(_ capacity: MemoryCapacity, on device: Device) -> Bool {
    device == .cpu ? peakOfTensors <= tensorLimit(capacity) : stepByteCount <= capacity.byteCount / 10 * 9
  }

  /// Bytes that tensors on the CPU may take if `capacity` is left for everything and kernels are compiled for `shapeCount` sizes of batch:
  /// the rest stays free.
  func tensorLimit(_ capacity: MemoryCapacity, shapeCount: Int = 2) -> Int {
    let code =
      capacity.isAddressSpace ? codeByteCount * shapeCount + Self.validationCodeByteCount : Self.kernelByteCount
    let left = capacity.byteCount - slotByteCount - Self.engineByteCount - code
    return max(Int(Double(left) / (1 + Self.gapShare) * Self.limitShare), 0)
  }

  /// True if not even the tensors fit into `capacity`.
  func exceeds(_ capacity: MemoryCapacity) -> Bool { peakOfTensors > capacity.byteCount - slotByteCount }

  /// True if the tensors on the CPU fit into `capacity` beside kernels for `shapeCount` sizes of batch.
  func fits(_ capacity: MemoryCapacity, shapeCount: Int) -> Bool {
    peakOfTensors <= tensorLimit(capacity, shapeCount: shapeCount)
  }

  /// The plan in one line, for people.
  package var line: String {
    func text(_ bytes: Int) -> String { "\(ByteCount(bytes))" }
    return "memory plan: weights \(text(weightByteCount)), gradients \(text(gradientByteCount)), optimizer "
      + "\(text(optimizerByteCount)), average \(text(averageByteCount)), activations \(text(activationByteCount)), loss "
      + "\(text(lossByteCount)) (\(boxes) boxes an image), workspace \(text(workspaceByteCount)), slots "
      + "\(text(slotByteCount)), mapped files \(text(mappedByteCount)); at most \(text(growthByteCount)) at once"
  }
}
