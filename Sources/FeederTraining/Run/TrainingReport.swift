import FeederCore
import FeederLoader
import FeederMetrics

/// Mean box, class and distribution loss of several batches.
package struct LossSums: Sendable, Equatable {
  /// Sums of the three losses, in that order.
  package var sums: [Float] = [0, 0, 0]
  /// Batches added up.
  package var batchCount = 0

  /// Nothing added yet.
  package init() {}

  /// The three means; 0 before the first batch.
  package var means: [Double] { sums.map { batchCount == 0 ? 0 : Double($0) / Double(batchCount) } }

  /// Adds one batch.
  mutating func add(_ items: [Float]) {
    for index in sums.indices { sums[index] += items[index] }
    batchCount += 1
  }
}

/// What is known after each step, for a progress line.
package struct StepReport: Sendable {
  /// Epoch, from 0, and how many there are.
  package let epoch: Int
  package let epochCount: Int
  /// Batches of this epoch done, and how many there are.
  package let batch: Int
  package let batchCount: Int
  /// Mean losses of this epoch so far: box, class, distribution.
  package let losses: [Double]
  /// Boxes of the batch.
  package let boxCount: Int
  /// Images of the batch.
  package let imageCount: Int
  /// Side of the network's input in pixels.
  package let imageSize: Int
  /// Images a second of this epoch so far in this process.
  package let imagesPerSecond: Double
  /// Share of this epoch's time that the step waited for data.
  package let stallShare: Double
  /// The loader of training as it is set, the bytes it holds, and its counts since it was made.
  package let loader: LoaderReport
}

/// A loader at one moment.
package struct LoaderReport: Sendable {
  /// Batches ready or in work beside the one that the step holds.
  package let prefetchDepth: Int
  /// Threads that decode and augment.
  package let workers: Int
  /// Bytes of slots, scratch and order.
  package let byteCount: Int
  /// Counts since the loader was made.
  package let telemetry: Telemetry

  init(_ loader: Loader) {
    prefetchDepth = loader.plan.prefetchDepth
    workers = loader.plan.workers
    byteCount = loader.heldBytes
    telemetry = loader.telemetry
  }
}

/// What is known after each epoch: a row of results.csv.
package struct EpochReport: Sendable {
  /// Epoch, from 0.
  package let epoch: Int
  /// Seconds of training and validation in this process.
  package let seconds: Double
  /// Mean losses: box, class, distribution.
  package let losses: [Double]
  /// Mean losses of the averaged weights on the validation split: box, class, distribution.
  package let validationLosses: [Double]
  /// Accuracy of the averaged weights on the validation split.
  package let accuracy: Accuracy
  /// Learning rate of weights at the last batch.
  package let learningRate: Double
  package let imagesPerSecond: Double
  package let stallShare: Double
  package let prefetchDepth: Int
  package let workers: Int
  package let peakHostBytes: Int
  package let peakDeviceBytes: Int
  /// Checksum of every image and box of the epoch in order.
  package let streamHash: UInt64
}

/// Hears of a run while it goes on. Called on the run's own thread.
package protocol TrainingObserver: AnyObject {
  /// After every step.
  func stepDone(_ report: StepReport)
  /// After every validated batch.
  func validationStepDone(_ done: Int, of total: Int)
  /// After every epoch, before its checkpoint is announced.
  func epochDone(_ report: EpochReport) throws
  /// One line that a person should read.
  func note(_ line: SettingLine)
  /// The tuner moved the loader, and why.
  func loaderMoved(_ line: String)
  /// The run ended, as `outcome` says. Not called where it failed.
  func ended(_ outcome: TrainingOutcome) throws
}

extension TrainingObserver {
  package func stepDone(_ report: StepReport) {}
  package func validationStepDone(_ done: Int, of total: Int) {}
  package func epochDone(_ report: EpochReport) throws {}
  package func note(_ line: SettingLine) {}
  package func loaderMoved(_ line: String) {}
  package func ended(_ outcome: TrainingOutcome) throws {}
}

/// Several observers, told in turn.
package final class TrainingObservers: TrainingObserver {
  private let all: [any TrainingObserver]

  /// Tells `all`, the first first.
  package init(_ all: [any TrainingObserver]) { self.all = all }

  package func stepDone(_ report: StepReport) { for observer in all { observer.stepDone(report) } }
  package func validationStepDone(_ done: Int, of total: Int) {
    for observer in all { observer.validationStepDone(done, of: total) }
  }
  package func epochDone(_ report: EpochReport) throws { for observer in all { try observer.epochDone(report) } }
  package func note(_ line: SettingLine) { for observer in all { observer.note(line) } }
  package func loaderMoved(_ line: String) { for observer in all { observer.loaderMoved(line) } }
  package func ended(_ outcome: TrainingOutcome) throws { for observer in all { try observer.ended(outcome) } }
}

/// How a run ended.
package enum TrainingOutcome: Sendable, Equatable {
  /// All epochs are done.
  case finished
  /// No better result for `patience` epochs; the best was in `bestEpoch`, from 0.
  case stoppedEarly(bestEpoch: Int)
  /// `stopAfterSteps` was reached; `last` holds everything to go on.
  case stoppedAfterSteps
  /// Someone asked it to stop; `last` holds everything to go on.
  case interrupted
}
