import FeederCache
import FeederCodecs
import FeederCore
import FeederDatasets
import FeederFiles
import FeederImaging
import FeederLoader
import FeederMetrics
import FeederReporting
import FeederTraining
import Foundation

/// Pictures of batches: the input of training, and the labels and detections of validation.
struct BatchPictures {
  /// Number of batches that are drawn.
  static let count = 3

  /// Names of the files that `writeTraining` writes.
  static let trainingNames = (0..<count).map { "train_batch\($0).jpg" }
  /// Names of the files that `writeValidation` writes.
  static let validationNames = (0..<count).flatMap { ["val_batch\($0)_labels.jpg", "val_batch\($0)_pred.jpg"] }

  let folder: RunFolder
  let classNames: [String]

  /// Writes train_batch0.jpg and the next ones: the first batches of epoch 0 as training gets them, at most 16 images
  /// each. Throws if an image cannot be loaded or a file cannot be written.
  func writeTraining(_ settings: RunPlan, source: any ImageSource, memory: Int) throws {
    var loading = LoaderSettings(
      batch: min(settings.batch, ImageGrid.mostImages), imageSize: settings.imageSize,
      mode: .training(settings.augmentation), seed: settings.seed, workers: 1, prefetchDepth: 1, memoryBudget: memory)
    loading.damagedShare = 1
    loading.tiling = settings.tiling
    let entries = source.entries(loading)
    let loader = try Loader(source: source, settings: loading)
    let encoder = try JPEGEncoder()
    loader.startEpoch(0, closeMosaic: settings.closeMosaic >= settings.epochs)
    for number in 0..<min(Self.count, loader.batchCount) {
      guard let batch = try loader.nextBatch() else { return }
      let grid = grid(batch, entries)
      batch.release()
      try save(grid.jpeg(encoder), "train_batch\(number).jpg")
    }
  }

  private func grid(_ batch: borrowing Batch, _ source: any ImageSource) -> ImageGrid {
    var grid = ImageGrid(count: batch.imageCount, classNames: classNames)
    let (size, targets, images) = (batch.size, batch.targets, batch.images)
    for index in 0..<batch.imageCount {
      let marks = targets.filter { $0.imageIndex == index }.map { target in
        let label = Label(
          classID: target.classID, centerX: Double(target.centerX), centerY: Double(target.centerY),
          width: Double(target.width), height: Double(target.height))
        return ImageGrid.Mark(box: label.box(in: size), classID: target.classID)
      }
      batch.withImage(index) { grid.add($0, marks: marks, title: source.item(images[index].entryIndex).imageID) }
    }
    return grid
  }

  /// Writes val_batch0_labels.jpg, val_batch0_pred.jpg and the next ones: the labels, and the detections of confidence
  /// 0.25 or more. Throws if a file cannot be written.
  func writeValidation(_ results: [ImageResult], of opened: OpenedSource, batch: Int) throws {
    let (entries, encoder) = (opened.entries, try JPEGEncoder())
    let scratch = try DecodeScratch(pictureWindow: opened.window)
    let size = min(batch, ImageGrid.mostImages)
    for number in 0..<Self.count where number * size < results.count {
      let places = number * size..<min((number + 1) * size, results.count)
      var labels = ImageGrid(count: places.count, classNames: classNames)
      var found = ImageGrid(count: places.count, classNames: classNames)
      for place in places {
        let result = results[place]
        guard let pixels = Self.pixels(of: entries[place], scratch) else { continue }
        let truths = result.truths.map { ImageGrid.Mark(box: $0.box, classID: $0.classID) }
        let claims = result.detections.filter { $0.score >= ConfusionMatrix.confidence }
          .map { ImageGrid.Mark(box: $0.box, classID: $0.classID, score: $0.score) }
        pixels.withView { labels.add($0, marks: truths, title: result.imageID) }
        pixels.withView { found.add($0, marks: claims, title: result.imageID) }
      }
      try save(labels.jpeg(encoder), "val_batch\(number)_labels.jpg")
      try save(found.jpeg(encoder), "val_batch\(number)_pred.jpg")
    }
  }

  /// JPEG of an image with its hits, missed boxes and false calls; nil if the image cannot be read.
  static func errors(
    _ errors: ImageErrors, of entry: DatasetEntry, classNames: [String], _ scratch: DecodeScratch,
    _ encoder: JPEGEncoder
  ) throws -> [UInt8]? {
    guard let pixels = pixels(of: entry, scratch) else { return nil }
    var grid = ImageGrid(count: 1, classNames: classNames)
    let marks =
      errors.hits.map { ImageGrid.Mark(box: $0.box, classID: $0.classID, score: $0.score, tone: .hit) }
      + errors.falseCalls.map { ImageGrid.Mark(box: $0.box, classID: $0.classID, score: $0.score, tone: .falseCall) }
      + errors.missed.map { ImageGrid.Mark(box: $0.box, classID: $0.classID, tone: .missed) }
    pixels.withView { grid.add($0, marks: marks, title: entry.imageID) }
    return try grid.jpeg(encoder, quality: 80)
  }

  /// The image of an entry in colour; nil if its file is damaged or gone. Validation has already reported that.
  private static func pixels(of entry: DatasetEntry, _ scratch: DecodeScratch) -> Pixels? {
    try? scratch.picture(entry.imagePath)
  }

  private func save(_ jpeg: [UInt8], _ name: String) throws {
    try FileWriter.replace(PictureMark.jpeg(jpeg), at: folder.url.appending(path: name).path, isDurable: false)
  }
}
