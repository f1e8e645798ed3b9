import FeederCore
import FeederLoader
import FeederMetrics

/// Sums of the box, class and distribution losses of several batches.
package struct LossSums: Sendable, Equatable {
  /// Sums of the three losses, in that order.
  package var sums: [Float] = [0, 0, 0]
  /// Number of batches added.
  package var batchCount = 0

  /// No batches.
  package init() {}

  /// The three mean losses; 0 before the first batch.
  package var means: [Double] { sums.map { batchCount == 0 ? 0 : Double($0) / Double(batchCount) } }

  /// Adds the three losses of one batch.
  mutating func add(_ items: [Float]) {
    for index in sums.indices { sums[index] += items[index] }
    batchCount += 1
  }
}

/// The facts after a step, for a progress line.
package struct StepReport: Sendable {
  /// The epoch, from 0.
  package let epoch: Int
  /// Epochs of the run.
  package let epochCount: Int
  /// Finished batches of this epoch.
  package let batch: Int
  /// Batches per epoch.
  package let batchCount: Int
  /// Mean losses of this epoch so far: box, class, distribution.
  package let losses: [Double]
  /// Boxes in the batch.
  package let boxCount: Int
  /// Images in the batch.
  package let imageCount: Int
  /// Side of the network's input in pixels.
  package let imageSize: Int
  /// Images per second of this process in this epoch so far.
  package let imagesPerSecond: Double
  /// Share of this epoch's time in which the consumer waited for data, 0 to 1.
  package let stallShare: Double
  /// The training loader's settings, bytes and counts.
  package let loader: LoaderReport
}

/// The state of a loader at one moment.
package struct LoaderReport: Sendable {
  /// Batches that are filled ahead of the consumer.
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

/// The facts after an epoch: a row of results.csv.
package struct EpochReport: Sendable {
  /// The epoch, from 0.
  package let epoch: Int
  /// Seconds of training and validation in this process.
  package let seconds: Double
  /// Mean training losses: box, class, distribution.
  package let losses: [Double]
  /// Mean losses of the EMA on the validation split: box, class, distribution.
  package let validationLosses: [Double]
  /// Accuracy of the EMA on the validation split.
  package let accuracy: Accuracy
  /// Learning rate of the convolution weights at the last batch.
  package let learningRate: Double
  /// Images per second of training in this process.
  package let imagesPerSecond: Double
  /// Share of the training time in which the consumer waited for data, 0 to 1.
  package let stallShare: Double
  /// Batches that were filled ahead of the consumer at the epoch's end.
  package let prefetchDepth: Int
  /// Loader workers at the epoch's end.
  package let workers: Int
  /// The most resident bytes of the process so far.
  package let peakHostBytes: Int
  /// The most bytes of tensors on the GPU so far; 0 on the CPU.
  package let peakDeviceBytes: Int
  /// Stream hash of the epoch.
  package let streamHash: UInt64
}

/// Observes a run. The run's own thread calls every method.
package protocol TrainingObserver: AnyObject {
  /// Called after every step.
  func stepDone(_ report: StepReport)
  /// Called after every validated batch: `done` of `total` batches.
  func validationStepDone(_ done: Int, of total: Int)
  /// Called after every epoch, before its checkpoint is written. Throws an error that ends the run.
  func epochDone(_ report: EpochReport) throws
  /// Called with a line that a person should read.
  func note(_ line: SettingLine)
  /// Called when the tuner changed the loader, with the reason.
  func loaderMoved(_ line: String)
  /// Called when the run ended with `outcome`, but not if it failed. Throws an error that ends the run.
  func ended(_ outcome: TrainingOutcome) throws
}

extension TrainingObserver {
  /// Does nothing.
  package func stepDone(_ report: StepReport) {}
  /// Does nothing.
  package func validationStepDone(_ done: Int, of total: Int) {}
  /// Does nothing.
  package func epochDone(_ report: EpochReport) throws {}
  /// Does nothing.
  package func note(_ line: SettingLine) {}
  /// Does nothing.
  package func loaderMoved(_ line: String) {}
  /// Does nothing.
  package func ended(_ outcome: TrainingOutcome) throws {}
}

/// Several observers, called in order.
package final class TrainingObservers: TrainingObserver {
  private let all: [any TrainingObserver]

  /// Observers that are called in the order of `all`.
  package init(_ all: [any TrainingObserver]) { self.all = all }

  /// Calls every observer.
  package func stepDone(_ report: StepReport) { for observer in all { observer.stepDone(report) } }
  /// Calls every observer.
  package func validationStepDone(_ done: Int, of total: Int) {
    for observer in all { observer.validationStepDone(done, of: total) }
  }
  /// Calls every observer until one throws.
  package func epochDone(_ report: EpochReport) throws { for observer in all { try observer.epochDone(report) } }
  /// Calls every observer.
  package func note(_ line: SettingLine) { for observer in all { observer.note(line) } }
  /// Calls every observer.
  package func loaderMoved(_ line: String) { for observer in all { observer.loaderMoved(line) } }
  /// Calls every observer until one throws.
  package func ended(_ outcome: TrainingOutcome) throws { for observer in all { try observer.ended(outcome) } }
}

/// How a run ended.
package enum TrainingOutcome: Sendable, Equatable {
  /// All epochs are done.
  case finished
  /// `patience` epochs without a better result. The best epoch was `bestEpoch`, from 0.
  case stoppedEarly(bestEpoch: Int)
  /// `stopAfterSteps` was reached. `last` holds all that a resume needs.
  case stoppedAfterSteps
  /// The run was asked to stop. `last` holds all that a resume needs.
  case interrupted
}
