import FeederCache
import FeederCore
import FeederDetection
import FeederLoader
import FeederMetrics
import FeederTorch

/// Runs a model over a split and matches its detections with the labels, in pixels of the original images. If boards are cut in tiles,
/// it merges the detections of each board's tiles (`TileMerge`).
package final class Validator {
  private let source: any ImageSource
  let loader: Loader
  private let device: Device
  private let pass: ValidationPass
  /// The most detections that are kept per image.
  package let bound: DetectionBound
  private let ranks: Ranks?
  /// The entries of the loader if they are tiles.
  private let tiles: TiledSource?
  private let tiling: Tiling?
  /// Objects that `TileMerge` joined from parts in the last pass.
  package private(set) var joinedCount = 0
  /// Cuts batches if memory runs out. The results stay the same.
  package let parts: BatchParts

  /// Images that could not be read so far. They count as images without detections.
  package var damagedImages: [QuarantinedImage] { loader.quarantined }

  /// A validator of the images of `source`, letterboxed to `settings.imageSize`, in `precision`. Keeps at most `bound`
  /// detections per image; nil follows the labels of `source`. With several `ranks`, each validates its share, and all
  /// get all results. `loss` gets the losses of each pass. Throws `SettingError`, `LoaderError` or `EngineError`.
  package init(
    source: any ImageSource, settings: LoaderSettings, device: Device, precision: Precision,
    suppression: NonMaximumSuppression = .validation, bound: DetectionBound? = nil, ranks: Ranks? = nil,
    loss: ValidationLoss? = nil
  ) throws {
    self.ranks = ranks
    self.source = source
    self.device = device
    parts = BatchParts(of: "a validation pass", on: device)
    self.bound = bound ?? DetectionBound(given: nil, mostBoxes: source.mostLabels)
    var suppression = suppression
    suppression.largestCount = self.bound.count
    pass = try ValidationPass(precision, on: device, suppression: suppression, loss: loss)
    loader = try Loader(source: source, settings: settings)
    (tiles, tiling) = (loader.validationTiles, settings.tiling)
  }

  /// Batches of a pass.
  package var batchCount: Int { loader.batchCount }

  /// The results of every image in the data set's order. Calls `progress` after each batch. Returns nil if
  /// `isCancelled` returns true. Throws `TrainingError.outOfMemory` or `.rankLost`, and the errors of loader and
  /// engine.
  package func callAsFunction(
    _ model: DetectionNetwork, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
    isCancelled: () throws -> Bool = { false }
  ) throws -> [ImageResult]? {
    var findings: [Finding] = []
    pass.loss?.begin(batchCount: loader.batchCount)
    loader.startEpoch(0)
    while let batch = try loader.nextBatch() {
      if try isCancelled() { return nil }
      if batch.imageCount > 0 { findings += try find(batch, model) }
      progress(batch.index + 1, loader.batchCount)
      batch.release()
    }
    if let ranks { findings = try ranks.gathered(findings) }
    return merged(findings).map(result)
  }

  /// One finding per image: for tiles, the merged detections of each board.
  private func merged(_ findings: [Finding]) -> [Finding] {
    guard let tiles, let tiling else { return findings }
    joinedCount = 0
    var boards: [Finding] = []
    var rest = findings[...]
    while let first = rest.first {
      let board = tiles.place(of: first.entryIndex).board
      let own = rest.prefix { tiles.place(of: $0.entryIndex).board == board }
      rest = rest.dropFirst(own.count)
      let size = source.size(of: board) ?? first.size
      let merge = TileMerge(
        own.map { (tiles.place(of: $0.entryIndex).tile ?? Tile(whole: size), $0.detections) }, of: size,
        side: tiling.side)
      joinedCount += merge.joinedCount
      boards.append(Finding(entryIndex: board, size: size, detections: merge.detections))
    }
    return boards
  }

  /// A line about results that hold as many detections as are kept; nil if there are none. The bound holds per tile, so with tiles
  /// nothing is known of boards.
  package func cutLine(_ results: [ImageResult]) -> SettingLine? {
    guard tiling == nil else { return nil }
    return bound.line(cutting: results.count { $0.detections.count == bound.count }, isExact: false)
  }

  /// A line about the objects that were joined from parts in the last pass; nil if there are none.
  package var joinedLine: SettingLine? {
    guard let tiling, joinedCount > 0 else { return nil }
    return
      "tiles: \(joinedCount == 1 ? "1 object is" : "\(joinedCount) objects are") longer than the overlap of \(tiling.overlapLength) px, and joined from parts"
  }

  /// The detections on the images of a batch.
  private func find(_ batch: borrowing Batch, _ model: DetectionNetwork) throws -> [Finding] {
    let images = try batch.networkInput(on: device)
    let anchors = try Anchors(
      model.design.strides, height: batch.size.height, width: batch.size.width, device: device)
    let targets = pass.loss == nil ? [] : batch.targetBoxes
    let (found, sums) = try withoutGradients {
      try parts.run(images.extent(0)) { ranges in
        var (found, sums) = ([[ScoredBox]](), [ValidationLoss.Sums]())
        for (range, part) in zip(ranges, try images.split(ranges.map(\.count), along: 0)) {
          let own = targets.filter { range.contains($0.imageIndex) }.map {
            $0.moved(to: $0.imageIndex - range.lowerBound)
          }
          let (boxes, losses) = try pass(model, part, own, anchors)
          found += boxes
          if let losses { sums.append(losses) }
        }
        return (found, sums)
      }
    }
    for sum in sums { pass.loss?.add(sum, ofBatch: batch.index) }
    return zip(batch.images, found).map { image, boxes in
      let detections = boxes.map { found in
        Detection(
          box: image.letterbox.toSource(found.box).clipped(to: image.size), classID: found.classID,
          score: Double(found.score))
      }
      return Finding(entryIndex: image.entryIndex, size: image.size, detections: detections)
    }
  }

  private func result(of finding: Finding) -> ImageResult {
    let item = source.item(finding.entryIndex)
    return ImageResult(
      imageID: item.imageID, detections: finding.detections,
      truths: item.labels.map { GroundTruth(label: $0, imageSize: finding.size) })
  }
}

/// Validates the images of a batch: the network in a precision, then suppression and losses in float32.
struct ValidationPass {
  let loss: ValidationLoss?
  private let suppression: NonMaximumSuppression
  private let autocastType: ElementType?
  private let device: Device

  /// A pass in `precision`, which it applies to the engine. Throws `EngineError`.
  init(_ precision: Precision, on device: Device, suppression: NonMaximumSuppression, loss: ValidationLoss?) throws {
    let policy = PrecisionPolicy(precision, on: device)
    try policy.adopt()
    autocastType = policy.autocastType
    self.device = device
    self.suppression = suppression
    self.loss = loss
  }

  /// The boxes that `model` detects on `images` [B, 3, H, W], per image, and the losses against `targets`.
  func callAsFunction(
    _ model: DetectionNetwork, _ images: Tensor, _ targets: [TargetBox], _ anchors: Anchors
  ) throws -> (boxes: [[ScoredBox]], losses: ValidationLoss.Sums?) {
    let levels = try withAutocast(autocastType, on: device) { try model(images, training: false) }
    let output = try HeadOutput(levels: levels, classCount: model.classCount)
    let boxes = try suppression(output.predictions(anchors))
    let losses = try loss?.sums(
      output, anchors: anchors, targets: targets, height: images.extent(2), width: images.extent(3))
    return (boxes, losses)
  }
}
