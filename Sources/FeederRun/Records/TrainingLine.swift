import FeederCore
import FeederReporting
import FeederTraining
import Foundation

/// Prints the progress of a run on stderr in the form that YOLO users know, and writes results.csv.
package final class TrainingLine: TrainingObserver {
  private var results: ResultsCSV
  private let isVerbose: Bool
  private var shownPart = -1
  private var drawn = ContinuousClock.now
  private var hasHead = false

  /// Writes rows to `results`. Prints the tuner's decisions if `isVerbose`.
  package init(results: ResultsCSV, isVerbose: Bool) {
    self.results = results
    self.isVerbose = isVerbose
  }

  /// Prints a note.
  package func note(_ line: SettingLine) { Terminal.say(line) }

  /// Prints a decision of the tuner if `isVerbose`.
  package func loaderMoved(_ line: String) {
    if isVerbose { Terminal.say(line) }
  }

  /// Redraws the line on a terminal; elsewhere prints it four times per epoch.
  package func stepDone(_ report: StepReport) {
    if report.batch == 1 || !hasHead {
      Terminal.say(LiveLine.head)
      hasHead = true
      shownPart = -1
    }
    let isLast = report.batch == report.batchCount
    if Terminal.isInteractive {
      let now = ContinuousClock.now
      guard isLast || now - drawn > .milliseconds(100) else { return }
      drawn = now
      Terminal.redraw(text(report), isLast: isLast)
    } else {
      let part = report.batch * 4 / max(report.batchCount, 1)
      if part > shownPart || isLast { Terminal.say(text(report)) }
      shownPart = max(part, 0)
    }
  }

  private func text(_ report: StepReport) -> String {
    let imagesLeft = Double((report.batchCount - report.batch) * report.imageCount)
    return LiveLine(
      epoch: report.epoch + 1, epochCount: report.epochCount, peakHostBytes: HostMemory.peakBytes,
      losses: report.losses, boxCount: report.boxCount, batch: report.batch, batchCount: report.batchCount,
      imagesPerSecond: report.imagesPerSecond, stallShare: report.stallShare,
      prefetchDepth: report.loader.prefetchDepth, workers: report.loader.workers,
      secondsLeft: imagesLeft / max(report.imagesPerSecond, 1e-9)
    ).text
  }

  /// Shows the progress of validation on a terminal.
  package func validationStepDone(_ done: Int, of total: Int) {
    Terminal.redraw(done == total ? "" : "validating: \(done)/\(total) batches")
  }

  /// Prints the accuracy and appends a row to results.csv. Throws if it cannot be written.
  package func epochDone(_ report: EpochReport) throws {
    shownPart = -1
    let table = AccuracyReport(report.accuracy).table
    table.prefix(2).forEach(Terminal.say)
    try results.append(
      EpochRow(
        epoch: report.epoch + 1, seconds: report.seconds, boxLoss: report.losses[0], classLoss: report.losses[1],
        dflLoss: report.losses[2], precision: report.accuracy.precision, recall: report.accuracy.recall,
        map50: report.accuracy.map50, map50_95: report.accuracy.map50_95, validationLosses: report.validationLosses,
        learningRate: report.learningRate,
        imagesPerSecond: report.imagesPerSecond, stallShare: report.stallShare, prefetchDepth: report.prefetchDepth,
        workers: report.workers, peakHostBytes: report.peakHostBytes, peakDeviceBytes: report.peakDeviceBytes,
        streamHash: report.streamHash))
  }
}
