import FeederCache
import FeederCore
import FeederLoader
import Foundation

/// The memory of a run with given settings and images: the plan that is printed, and the plans that the search for the
/// largest batch size tries.
package struct RunMemory {
  private let settings: RunPlan
  private let classCount: Int
  private let boards: (train: any ImageSource, validation: any ImageSource)
  /// The entries of the first epoch: images, or their tiles.
  private let train: any ImageSource
  private let validation: any ImageSource
  private let loaderBudget: Int?

  /// The most images whose augmentation is computed; more would hardly raise the most boxes.
  private static let largestSample = 10_000

  /// The memory of a run over `train` and `validation`. Its loaders may take `loaderBudget` bytes; nil sets no limit.
  package init(
    _ settings: RunPlan, classCount: Int, train: any ImageSource, validation: any ImageSource,
    loaderBudget: Int?
  ) {
    self.settings = settings
    self.classCount = classCount
    boards = (train, validation)
    self.train = train.entries(settings.loader(.training(settings.augmentation), workers: 1, prefetchDepth: 1))
    self.validation = validation.entries(settings.loader(.validation, workers: 1, prefetchDepth: 1))
    self.loaderBudget = loaderBudget
  }

  /// The expected plan. Throws `LoaderError` if the loaders' budget is too small.
  package func expected() throws -> MemoryPlan {
    try plan(
      settings, boxes: expectedBoxes, slotByteCount: budget(settings).byteCount, mappedByteCount: touchedByteCount)
  }

  /// Images of the largest part of a batch that fits into `capacity` on the CPU; the whole batch if it fits. Every part
  /// size needs kernels of its own, so a size that cannot fit is not tried.
  ///
  /// Throws `SettingError` if not even one image fits, and `LoaderError` if the loaders' budget is too small.
  func largestPart(_ capacity: MemoryCapacity) throws -> Int {
    let load = MemoryPlan.Load(boxes: expectedBoxes, slotByteCount: try budget(settings).byteCount)
    let batch = settings.ownBatch
    let counts = [min(batch, train.count), train.count % batch].filter { $0 > 0 }
    for partCount in 1...batch {
      let part = (batch + partCount - 1) / partCount
      let sizes = Set(counts.flatMap { BatchParts.ranges($0, largestPart: part).map(\.count) })
      if plan(part: part, load).fits(capacity, shapeCount: sizes.count) { return part }
    }
    let least = plan(part: 1, load)
    guard !least.exceeds(capacity) else {
      throw SettingError(
        "a training step of one image takes about \(ByteCount(least.growthByteCount)), and \(ByteCount(capacity.byteCount)) are "
          + "\(capacity.reason): try a smaller \(setting: "image_size"), \(setting: "model") or \(setting: "memory"), or raise the limit"
      )
    }
    return 1
  }

  /// The plan of a step in parts of `part` images.
  private func plan(part: Int, _ load: MemoryPlan.Load) -> MemoryPlan {
    var load = load
    load.accumulates = part < settings.ownBatch || settings.nominalBatch > settings.batch
    return MemoryPlan(
      settings.with(batch: part, place: .alone), rule: rule(settings), classCount: classCount, load: load)
  }

  private func rule(_ settings: RunPlan) -> OptimizerRule {
    OptimizerPlan(settings, classCount: classCount, batchesPerEpoch: max(train.count / settings.batch, 1)).rule
  }

  /// Passes of this process over the training images.
  private var passes: Double {
    let all = Double(settings.epochs)
    guard settings.stopAfterSteps > 0 else { return all }
    return min(Double(settings.stopAfterSteps * settings.batch) / Double(max(train.count, 1)), all)
  }

  /// The most boxes on one image of epoch 0, computed from its augmentation plans. A run of less than an epoch gets a
  /// lower quantile.
  private var expectedBoxes: Int {
    let counts = (0..<min(train.count, Self.largestSample)).map { index in
      boxCount(
        AugmentationPlan(
          seed: settings.seed, epoch: 0, index: index, imageCount: train.count, imageSize: settings.imageSize,
          mosaicIsOpen: true, settings: settings.augmentation), of: index)
    }.sorted()
    guard let most = counts.last else { return 0 }
    let seen = passes * Double(train.count)
    return passes < 1 ? counts[Int(Double(counts.count - 1) * seen / (seen + 1))] : most
  }

  /// Boxes whose centre a mosaic shows. Its four images meet at its centre, and the canvas of twice the side cuts off
  /// the rest. Ignores rotation and shear.
  private func boxCount(_ plan: AugmentationPlan, of index: Int) -> Int {
    guard plan.isMosaic else { return train.labelCount(of: index) }
    let side = Double(settings.imageSize)
    func isShown(_ place: Double, _ shift: Double) -> Bool {
      let shown = (place - side) * plan.gain + shift
      return place >= 0 && place < 2 * side && shown >= 0 && shown < side
    }
    var count = 0
    for corner in 0..<4 {
      guard let size = train.size(of: plan.members[corner]) else { continue }
      let fit = side / Double(settings.tiling?.side ?? max(size.width, size.height))
      let (width, height) = (Double(size.width) * fit, Double(size.height) * fit)
      let left = Double(plan.centerX) - (corner % 2 == 0 ? width : 0)
      let top = Double(plan.centerY) - (corner < 2 ? height : 0)
      train.forEachLabel(of: plan.members[corner]) { label in
        let isInside =
          isShown(left + label.centerX * width, plan.shiftX) && isShown(top + label.centerY * height, plan.shiftY)
        if isInside { count += 1 }
      }
    }
    return count
  }

  /// Bytes of the mapped files that the run touches. One use of an image in a mosaic reads about 0.36 of it (measured
  /// over 12 and 20 steps); each pass uses it four times.
  private var touchedByteCount: Int {
    let share = settings.augmentation.mosaic > 0 ? 1 - pow(1 - 0.36, 4 * passes) : min(passes, 1)
    return Int(Double(train.mappedByteCount) * share) + (passes < 1 ? 0 : validation.mappedByteCount)
  }

  /// The most memory that `batch` images per step could take, with `boxes` boxes on one image and loaders that use all
  /// of their budget. Mapped files count as 0, because the kernel can drop them. Throws `LoaderError` if the loaders'
  /// budget is too small.
  package func worst(batch: Int, boxes: Int) throws -> MemoryPlan {
    let settings = settings.with(batch: batch)
    let slots = max(loaderBudget ?? 0, try budget(settings).byteCount)
    return try plan(settings, boxes: boxes, slotByteCount: slots, mappedByteCount: 0)
  }

  /// The most boxes that one image can have: four images with the most boxes in one mosaic. Reads the label count of
  /// every image.
  package var worstBoxes: Int {
    let most = (0..<train.count).lazy.map { train.labelCount(of: $0) }.max() ?? 0
    return settings.augmentation.mosaic > 0 ? 4 * most : most
  }

  /// The most boxes on one validation image. Reads the label count of every image.
  private var validationBoxes: Int { validation.mostLabels }

  private func budget(_ settings: RunPlan) throws -> LoadingBudget {
    try LoadingBudget(settings, train: boards.train, validation: boards.validation, bytes: loaderBudget)
  }

  private func plan(
    _ settings: RunPlan, boxes: Int, slotByteCount: Int, mappedByteCount: Int
  ) throws -> MemoryPlan {
    return MemoryPlan(
      settings, rule: rule(settings), classCount: classCount,
      load: MemoryPlan.Load(
        boxes: boxes, validationBoxes: validationBoxes, slotByteCount: slotByteCount, mappedByteCount: mappedByteCount,
        accumulates: settings.nominalBatch > settings.batch))
  }
}

extension LoadingBudget {
  /// The budget of a run: its training loader and its validation loader.
  init(
    _ settings: RunPlan, train: any ImageSource, validation: any ImageSource, bytes: Int?
  ) throws {
    try self.init(
      bytes,
      training: settings.loader(
        .training(settings.augmentation), workers: settings.workers, prefetchDepth: settings.prefetchDepth),
      of: train, validation: settings.loader(.validation, workers: 1, prefetchDepth: 2), of: validation)
  }
}
