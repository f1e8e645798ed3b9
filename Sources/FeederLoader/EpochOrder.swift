import FeederCore

/// The order of one epoch, cut into batches: a function of (mode, seed, epoch, image count, batch) alone.
struct EpochOrder: Sendable {
  /// The epoch, counted from 0.
  let epoch: Int
  /// False in the last epochs, where mosaics are closed.
  let mosaicIsOpen: Bool
  /// Entry indices in the order they are delivered.
  private let entries: [Int]
  private let batch: Int

  /// The data set's own order for validation; for training a permutation keyed by (seed, epoch), by Fisher and Yates.
  init(epoch: Int, mosaicIsOpen: Bool, imageCount: Int, settings: LoaderSettings) {
    self.epoch = epoch
    self.mosaicIsOpen = mosaicIsOpen
    batch = settings.batch
    if case .validation = settings.mode {
      entries = Array(0..<imageCount)
    } else {
      entries = Self.permutation(count: imageCount, seed: settings.seed, epoch: epoch)
    }
  }

  /// Batches of the epoch; the last one may be partial.
  var batchCount: Int { (entries.count + batch - 1) / batch }

  /// Images of batch `index`.
  func imageCount(ofBatch index: Int) -> Int { min(batch, entries.count - index * batch) }

  /// The entry at place `image` of batch `index`.
  func entry(batch index: Int, image: Int) -> Int { entries[index * batch + image] }

  /// All of 0 ..< count once, shuffled by Philox numbers keyed by (seed, epoch).
  static func permutation(count: Int, seed: UInt64, epoch: Int) -> [Int] {
    var random = CounterRandom(seed: seed, epoch: epoch, purpose: .order)
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, random.integer(below: last + 1))
    }
    return order
  }
}
