import FeederTorch
import FeederWeights
import Foundation

/// The progress of a run: all numbers besides tensors that a resume needs. Stored under `resume.` as integers and
/// float32.
package struct RunProgress: Equatable {
  /// The epoch in progress, from 0; the number of epochs when all are done.
  package var epoch = 0
  /// Finished batches of that epoch.
  var batch = 0
  /// Finished batches of the run.
  var step = 0
  /// The last batch, counted over the run from 0, that ended in an update; -1 before the first.
  var lastUpdate = -1
  /// Batches whose gradients wait for an update.
  var pending = 0
  /// Updates by the optimizer, and updates of the EMA.
  var optimizerUpdates = 0
  var averageUpdates = 0
  /// Epoch of the best result, from 0; -1 before the first.
  package private(set) var bestEpoch = -1
  /// 1 when the run needs no further step.
  var isDone = 0
  /// The seed of the run, and the stream hash of this epoch so far.
  var seed: UInt64 = 0
  var epochHash: UInt64 = 0
  /// Best fitness so far; -1 before the first.
  package private(set) var bestFitness: Float = -1
  /// Losses of this epoch so far.
  var losses = LossSums()
  /// Identifies the last finished epoch (`EpochMark`); nil before it, and in files of older versions.
  package var mark: String?

  private static let countersName = "resume.counters"
  private static let lossesName = "resume.losses"

  /// The counters in the file's order, with their allowed values. The order is the file format.
  private static var counters: [(number: WritableKeyPath<RunProgress, Int>, range: ClosedRange<Int>)] {
    // Far above the counters of any run, yet their sums do not overflow.
    let (count, orNone, any) = (0...1 << 40, -1...1 << 40, Int.min...Int.max)
    return [
      (\.epoch, count), (\.batch, count), (\.step, count), (\.lastUpdate, orNone), (\.pending, count),
      (\.optimizerUpdates, count), (\.averageUpdates, count), (\.bestEpoch, orNone), (\.isDone, any),
      (\.losses.batchCount, count), (\.seedBits, any), (\.epochHashBits, any),
    ]
  }

  private var seedBits: Int {
    get { Int(bitPattern: UInt(seed)) }
    set { seed = UInt64(UInt(bitPattern: newValue)) }
  }
  private var epochHashBits: Int {
    get { Int(bitPattern: UInt(epochHash)) }
    set { epochHash = UInt64(UInt(bitPattern: newValue)) }
  }

  /// The numbers as two tensors, int64 and float32.
  func tensors() throws -> [(name: String, tensor: Tensor)] {
    let counters = Self.counters.map { Int64(self[keyPath: $0.number]) }
    return [
      (Self.countersName, try Tensor(counters, shape: [counters.count])),
      (Self.lossesName, try Tensor(losses.sums + [bestFitness], shape: [4])),
    ]
  }

  /// The progress at the start of a run.
  package init() {}

  /// Records the fitness of the epoch in progress. True if it is better than all before; equal is not better.
  package mutating func noteResult(fitness: Float) -> Bool {
    guard fitness > bestFitness else { return false }
    (bestFitness, bestEpoch) = (fitness, epoch)
    return true
  }

  /// True if the epoch in progress is number `patience` in a row without a better result. A patience of 0 never ends a
  /// run.
  package func isOutOfPatience(_ patience: Int) -> Bool { patience > 0 && epoch - bestEpoch >= patience }

  /// True if a run with these `epochs` and this `patience` needs no further step. Both may change on a resume, so a run
  /// that was over may continue.
  package func isOver(epochs: Int, patience: Int) -> Bool {
    if epoch >= epochs { return true }
    // Between two epochs the finished one decides. An epoch that has begun is trained to its end.
    return batch == 0 && epoch > 0 && patience > 0 && epoch - 1 - bestEpoch >= patience
  }

  /// Reads the numbers from a checkpoint. Throws `WeightsError.unusable` if they are missing or impossible.
  init(_ file: WeightsFile) throws {
    let counters = try file.tensor(Self.countersName).array(of: Int64.self).map { Int($0) }
    let numbers = try file.tensor(Self.lossesName).array(of: Float.self)
    let places = Self.counters
    guard counters.count == places.count, numbers.count == 4,
      zip(counters, places).allSatisfy({ $1.range.contains($0) })
    else { throw WeightsError.unusable(file: file.path, reason: "holds impossible counters; it cannot be resumed") }
    for (counter, place) in zip(counters, places) { self[keyPath: place.number] = counter }
    losses.sums = Array(numbers[0..<3])
    bestFitness = numbers[3]
    mark = file.metadata[EpochMark.key]
  }
}

/// Identifies the row of results.csv that belongs to a checkpoint. Independent of clock and machine.
package enum EpochMark {
  static let key = "epoch_mark"

  /// The mark of an epoch: each loss with six significant digits, and the stream hash.
  package static func text(losses: [Double], streamHash: UInt64) -> String {
    losses.map { String(format: "%.6g", $0) }.joined(separator: " ") + String(format: " %016llx", streamHash)
  }
}

extension WeightsFile {
  /// Finished epochs of the run behind this checkpoint. Throws `WeightsError` if it cannot be resumed.
  package var epochsDone: Int {
    get throws { try RunProgress(self).epoch }
  }
}
