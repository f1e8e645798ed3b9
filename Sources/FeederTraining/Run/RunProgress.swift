import FeederTorch
import FeederWeights
import Foundation

/// Where a run stands: all the numbers beside tensors that going on needs. Stored under `resume.` as integers and float32.
package struct RunProgress: Equatable {
  /// Epoch in progress, from 0; the number of epochs once all are done.
  package var epoch = 0
  /// Batches of that epoch done.
  var batch = 0
  /// Batches done in all.
  var step = 0
  /// Last batch, counted over the run, that ended in an update; -1 before the first.
  var lastUpdate = -1
  /// Batches whose gradients wait for an update.
  var pending = 0
  /// Updates of the optimizer and of the average.
  var optimizerUpdates = 0
  var averageUpdates = 0
  /// Epoch of the best result, from 0; -1 before the first.
  package private(set) var bestEpoch = -1
  /// 1 once the run needs no further step.
  var isDone = 0
  /// The seed of the run and the stream's hash so far in this epoch.
  var seed: UInt64 = 0
  var epochHash: UInt64 = 0
  /// Best fitness so far.
  package private(set) var bestFitness: Float = -1
  /// Losses of this epoch so far.
  var losses = LossSums()
  /// What tells the latest finished epoch from that of another run (`EpochMark`); nil before, and in files of older versions.
  package var mark: String?

  private static let countersName = "resume.counters"
  private static let lossesName = "resume.losses"

  /// The counters in the file's order, and what each may be: their positions are the format.
  private static var counters: [(number: WritableKeyPath<RunProgress, Int>, range: ClosedRange<Int>)] {
    // Far more than any run has; sums of such counters do not overflow.
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

  /// The numbers as two tensors.
  func tensors() throws -> [(name: String, tensor: Tensor)] {
    let counters = Self.counters.map { Int64(self[keyPath: $0.number]) }
    return [
      (Self.countersName, try Tensor(counters, shape: [counters.count])),
      (Self.lossesName, try Tensor(losses.sums + [bestFitness], shape: [4])),
    ]
  }

  /// The start of a run.
  package init() {}

  /// Notes the fitness of the epoch in progress; true if it is better than every earlier one. An equal one is no better.
  package mutating func noteResult(fitness: Float) -> Bool {
    guard fitness > bestFitness else { return false }
    (bestFitness, bestEpoch) = (fitness, epoch)
    return true
  }

  /// True if the epoch in progress is the `patience`th without a better result; never for a patience of 0.
  package func isOutOfPatience(_ patience: Int) -> Bool { patience > 0 && epoch - bestEpoch >= patience }

  /// True if a run of so many `epochs` and such a `patience` needs no further step. Both may change when a run goes on, so a run that
  /// was over before may not be over now.
  package func isOver(epochs: Int, patience: Int) -> Bool {
    if epoch >= epochs { return true }
    // Between two epochs the one that is done decides; an epoch that has begun is trained to its end.
    return batch == 0 && epoch > 0 && patience > 0 && epoch - 1 - bestEpoch >= patience
  }

  /// Reads the numbers back. Throws `WeightsError.unusable` where they are missing or impossible.
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

/// The values of an epoch by which a checkpoint knows its row of results.csv. No clock and no machine decides them.
package enum EpochMark {
  static let key = "epoch_mark"

  /// The mark of an epoch, as six significant digits of each loss and the hash of its stream.
  package static func text(losses: [Double], streamHash: UInt64) -> String {
    losses.map { String(format: "%.6g", $0) }.joined(separator: " ") + String(format: " %016llx", streamHash)
  }
}

extension WeightsFile {
  /// Epochs that the run behind this checkpoint has finished. Throws where it cannot be resumed.
  package var epochsDone: Int {
    get throws { try RunProgress(self).epoch }
  }
}
