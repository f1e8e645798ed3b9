import FeederCache
import FeederDetection
import FeederLoader
import FeederMetrics
import FeederTorch

/// Runs a model over a split and matches its detections with the truth, in pixels of the original images.
package final class Validator {
  private let source: any ImageSource
  private let loader: Loader
  private let device: Device
  private let suppression: NonMaximumSuppression
  private let autocastType: ElementType?
  /// How a batch is cut where memory runs out; its results stay the same.
  package let parts: BatchParts

  /// Images that could not be read until now; they count as images on which nothing was found.
  package var damagedImages: [QuarantinedImage] { loader.quarantined }

  /// A validator of the images of `source`, letterboxed to `settings.imageSize`.
  package init(
    source: any ImageSource, settings: LoaderSettings, device: Device, autocastType: ElementType? = nil,
    suppression: NonMaximumSuppression = .validation
  ) throws {
    self.source = source
    self.device = device
    parts = BatchParts(of: "a validation pass", on: device)
    self.autocastType = autocastType
    self.suppression = suppression
    loader = try Loader(source: source, settings: settings)
  }

  /// Results of every image in the data set's order. `progress` hears of batches done; a true from `isCancelled` ends the
  /// pass with nil.
  package func callAsFunction(
    _ model: YOLOv8, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, isCancelled: () -> Bool = { false }
  ) throws -> [ImageResult]? {
    var results: [ImageResult] = []
    loader.startEpoch(0)
    while let batch = try loader.nextBatch() {
      if isCancelled() { return nil }
      let images = try batch.networkInput(on: device)
      let anchors = try Anchors(height: batch.size.height, width: batch.size.width, device: device)
      let found = try withoutGradients {
        try parts.run(images.extent(0)) { ranges in
          try images.split(ranges.map(\.count), along: 0).flatMap { part in
            let levels = try withAutocast(autocastType, on: device) { try model(part, training: false) }
            return try suppression(HeadOutput(levels: levels).predictions(anchors))
          }
        }
      }
      for (image, boxes) in zip(batch.images, found) { results.append(result(of: image, boxes)) }
      progress(batch.index + 1, loader.batchCount)
      batch.release()
    }
    return results
  }

  private func result(of image: BatchImage, _ boxes: [ScoredBox]) -> ImageResult {
    let item = source.item(image.entryIndex)
    let detections = boxes.map { found in
      Detection(
        box: image.letterbox.toSource(found.box).clipped(to: image.size), classID: found.classID,
        score: Double(found.score))
    }
    return ImageResult(
      imageID: item.imageID, detections: detections,
      truths: item.labels.map { GroundTruth(label: $0, imageSize: image.size) })
  }
}
