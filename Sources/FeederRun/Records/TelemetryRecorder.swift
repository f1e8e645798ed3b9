import FeederLoader
import FeederReporting
import FeederTraining
import Foundation

/// Writes telemetry.csv in a run folder: one row per second, and one at the end of every epoch. If it cannot be
/// written, says so once, and the run continues without it.
package final class TelemetryRecorder: TrainingObserver {
  private static let interval = Duration.seconds(1)

  private var file: TelemetryFile?
  private var row = TelemetryRow()
  private var written = ContinuousClock.now
  private var before = Telemetry.zero
  private var imageCount = 0

  /// Appends to the file at `url`.
  package init(_ url: URL) { attempt { file = try TelemetryFile(url) } }

  /// Writes a row if a second has passed or the epoch ends.
  package func stepDone(_ report: StepReport) {
    imageCount += report.imageCount
    let now = ContinuousClock.now
    guard report.batch == report.batchCount || now - written >= Self.interval else { return }
    let telemetry = report.loader.telemetry
    row.phase = .train
    row.epoch = Double(report.epoch + 1)
    row.epochCount = Double(report.epochCount)
    row.batch = Double(report.batch)
    row.batchCount = Double(report.batchCount)
    row.boxLoss = report.losses[0]
    row.classLoss = report.losses[1]
    row.dflLoss = report.losses[2]
    row.imageCount = Double(imageCount)
    row.stallSeconds = telemetry.stallSeconds - before.stallSeconds
    row.readSeconds = telemetry.readSeconds - before.readSeconds
    row.decodeSeconds = telemetry.decodeSeconds - before.decodeSeconds
    row.augmentSeconds =
      telemetry.augmentSeconds + telemetry.hashSeconds - before.augmentSeconds - before.hashSeconds
    row.prefetchDepth = Double(report.loader.prefetchDepth)
    row.workers = Double(report.loader.workers)
    row.loaderBytes = Double(report.loader.byteCount)
    before = telemetry
    imageCount = 0
    append(now)
  }

  /// Writes a row if a second has passed or the validation ends.
  package func validationStepDone(_ done: Int, of total: Int) {
    let now = ContinuousClock.now
    guard done == total || now - written >= Self.interval else { return }
    becomeIdle(.validate)
    row.batch = Double(done)
    row.batchCount = Double(total)
    append(now)
  }

  /// Writes the last row, with how the run ended.
  package func ended(_ outcome: TrainingOutcome) throws {
    switch outcome {
    case .finished, .stoppedEarly: becomeIdle(.finished)
    case .stoppedAfterSteps: becomeIdle(.stopped)
    case .interrupted: becomeIdle(.interrupted)
    }
    append(.now)
  }

  /// Marks the row as a time without training. The loader's work in this time counts for the next row of training.
  private func becomeIdle(_ phase: TelemetryRow.Phase) {
    row.phase = phase
    row.imageCount = 0
    row.stallSeconds = 0
    row.readSeconds = 0
    row.decodeSeconds = 0
    row.augmentSeconds = 0
  }

  private func append(_ now: ContinuousClock.Instant) {
    row.time = Date().timeIntervalSince1970
    row.seconds = (now - written) / .seconds(1)
    row.hostBytes = Double(HostMemory.bytes)
    written = now
    attempt { try file?.append(row) }
  }

  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      file = nil
      Terminal.say("\(Terminal.words(error)); the run continues without telemetry")
    }
  }
}
