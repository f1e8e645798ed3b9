import FeederImaging
import FeederReporting
import FeederTraining
import Foundation

/// Keeps TensorBoard's event file of a run folder, under the tags that YOLO users know. Where it cannot be written the run goes on without,
/// and says so once.
final class EventsRecorder: TrainingObserver {
  private let folder: RunFolder
  private var file: EventsFile?

  /// Writes into `folder`.
  init(_ folder: RunFolder) {
    self.folder = folder
    attempt { file = try EventsFile(in: folder.url) }
    for number in 0..<BatchPictures.count { addPicture("train_batch\(number)") }
  }

  func epochDone(_ report: EpochReport) throws {
    let accuracy = report.accuracy
    let scalars: [(String, Double)] = [
      ("train/box_loss", report.losses[0]), ("train/cls_loss", report.losses[1]), ("train/dfl_loss", report.losses[2]),
      ("metrics/precision(B)", accuracy.precision), ("metrics/recall(B)", accuracy.recall),
      ("metrics/mAP50(B)", accuracy.map50), ("metrics/mAP50-95(B)", accuracy.map50_95),
      ("lr/pg0", report.learningRate), ("feeder/images_per_second", report.imagesPerSecond),
      ("feeder/stall_share", report.stallShare), ("feeder/prefetch_depth", Double(report.prefetchDepth)),
      ("feeder/workers", Double(report.workers)), ("feeder/peak_host_bytes", Double(report.peakHostBytes)),
    ]
    attempt { try file?.append(scalars, step: report.epoch + 1) }
  }

  /// A picture of the run folder, where it is there.
  private func addPicture(_ name: String) {
    guard let data = try? Data(contentsOf: folder.url.appending(path: name + ".jpg")) else { return }
    attempt {
      let size = try data.withUnsafeBytes { try JPEGInfo(of: $0).size }
      try file?.append(jpeg: [UInt8](data), width: size.width, height: size.height, tag: name, step: 0)
    }
  }

  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      file = nil
      Terminal.say("\(error); the run goes on without TensorBoard's events")
    }
  }
}
