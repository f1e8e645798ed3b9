import FeederReporting
import FeederTraining
import Foundation

/// Says nothing: one rank speaks for all.
final class SilentLine: TrainingObserver {
  func note(_ line: String) {}
  func stepDone(_ report: StepReport) {}
  func validationStepDone(_ done: Int, of total: Int) {}
  func epochDone(_ report: EpochReport) throws {}
}

/// Shows a run as YOLO users know it, on stderr, and keeps results.csv.
final class TrainingLine: TrainingObserver {
  private var results: ResultsCSV
  private var shownTenth = -1

  /// Rows go to `results`.
  init(results: ResultsCSV) {
    self.results = results
  }

  func note(_ line: String) { Terminal.say(line) }

  func stepDone(_ report: StepReport) {
    if report.batch == 1 || shownTenth < 0 {
      if report.batch == 1 { shownTenth = -1 }
      Terminal.say(Self.columns(["Epoch", "Memory", "box_loss", "cls_loss", "dfl_loss", "Instances", "Size"]))
    }
    let left = Double(report.batchCount - report.batch) * Double(report.imageCount) / max(report.imagesPerSecond, 1e-9)
    let line =
      Self.columns(
        ["\(report.epoch + 1)/\(report.epochCount)", Self.gibibytes(report.peakHostBytes)]
          + report.losses.map { String(format: "%.4g", $0) } + ["\(report.boxCount)", "\(report.imageSize)"])
      + ": \(report.batch)/\(report.batchCount) "
      + String(format: "%.1f img/s, stall %.1f%%, ", report.imagesPerSecond, report.stallShare * 100)
      + Self.clock(left) + " left"
    let tenth = report.batch * 4 / max(report.batchCount, 1)
    let isLast = report.batch == report.batchCount
    if Terminal.isInteractive {
      Terminal.redraw(line + (isLast ? "\n" : ""))
    } else if tenth > shownTenth || isLast {
      Terminal.say(line)
    }
    shownTenth = max(tenth, 0)
  }

  func validationStepDone(_ done: Int, of total: Int) {
    Terminal.redraw(done == total ? "" : "validating: \(done)/\(total) batches")
  }

  func epochDone(_ report: EpochReport) throws {
    shownTenth = -1
    let table = AccuracyReport(report.accuracy).table
    table.prefix(2).forEach(Terminal.say)
    try results.append(
      EpochRow(
        epoch: report.epoch + 1, seconds: report.seconds, boxLoss: report.losses[0], classLoss: report.losses[1],
        dflLoss: report.losses[2], precision: report.accuracy.precision, recall: report.accuracy.recall,
        map50: report.accuracy.map50, map50_95: report.accuracy.map50_95, learningRate: report.learningRate,
        imagesPerSecond: report.imagesPerSecond, stallShare: report.stallShare, prefetchDepth: report.prefetchDepth,
        workers: report.workers, peakHostBytes: report.peakHostBytes, peakDeviceBytes: report.peakDeviceBytes,
        streamHash: report.streamHash))
  }

  private static func columns(_ texts: [String]) -> String {
    texts.map { String(repeating: " ", count: max(11 - $0.count, 0)) + $0 }.joined()
  }

  private static func gibibytes(_ bytes: Int) -> String { String(format: "%.2fG", Double(bytes) / 1_073_741_824) }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    return String(format: "%02d:%02d", whole / 60, whole % 60)
  }
}
