import FeederCodecs
import FeederImaging
import FeederReporting
import FeederTraining
import Foundation

/// Writes TensorBoard's event file in a run folder, with the tags that YOLO users know. If it cannot be written, says
/// so once, and the run continues without it.
package final class EventsRecorder: TrainingObserver {
  private let folder: RunFolder
  private let firstEpoch: Int
  private var file: EventsFile?
  private var hasFailed = false

  /// Writes into `folder`, starting with `firstEpoch`, counted from 1. A new run's file starts with the pictures of its
  /// first batches. A resumed run without epochs left writes no file.
  package init(_ folder: RunFolder, from firstEpoch: Int, isNew: Bool) {
    self.folder = folder
    self.firstEpoch = firstEpoch
    if isNew { for number in 0..<BatchPictures.count { addPicture("train_batch\(number)") } }
  }

  /// Writes the epoch's losses, accuracy, learning rate and loader figures.
  package func epochDone(_ report: EpochReport) throws {
    let accuracy = report.accuracy
    let scalars: [(String, Double?)] = [
      ("train/box_loss", report.losses[0]), ("train/cls_loss", report.losses[1]), ("train/dfl_loss", report.losses[2]),
      ("metrics/precision(B)", accuracy.precision), ("metrics/recall(B)", accuracy.recall),
      ("metrics/mAP50(B)", accuracy.map50), ("metrics/mAP50-95(B)", accuracy.map50_95),
      ("val/box_loss", report.validationLosses[0]), ("val/cls_loss", report.validationLosses[1]),
      ("val/dfl_loss", report.validationLosses[2]), ("lr/pg0", report.learningRate),
      ("feeder/images_per_second", report.imagesPerSecond),
      ("feeder/stall_share", report.stallShare), ("feeder/prefetch_depth", Double(report.prefetchDepth)),
      ("feeder/workers", Double(report.workers)), ("feeder/peak_host_bytes", Double(report.peakHostBytes)),
    ]
    let known = scalars.compactMap { tag, value in value.map { (tag, $0) } }
    attempt { try $0.append(known, step: report.epoch + 1) }
  }

  /// Adds a picture of the run folder if it exists.
  private func addPicture(_ name: String) {
    guard let data = try? Data(contentsOf: folder.url.appending(path: name + ".jpg")) else { return }
    attempt { file in
      let size = try data.withUnsafeBytes { try ImageHeader(of: $0).size }
      try file.append(jpeg: [UInt8](data), width: size.width, height: size.height, tag: name, step: 0)
    }
  }

  private func attempt(_ body: (EventsFile) throws -> Void) {
    guard !hasFailed else { return }
    do {
      let file = try file ?? EventsFile(in: folder.url, from: firstEpoch)
      self.file = file
      try body(file)
    } catch {
      file = nil
      hasFailed = true
      Terminal.say("\(Terminal.words(error)); the run continues without TensorBoard events")
    }
  }
}
