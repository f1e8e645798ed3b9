import FeederCore

/// The order of one epoch, cut into batches: a function of (mode, seed, epoch, image count, batch, rank) alone.
///
/// Several ranks share an epoch: of each global batch of batch x rankCount images, rank r takes places r, r + rankCount and
/// so on. All ranks have the same number of batches; in the last one a rank may find fewer images than others, or none.
package struct EpochOrder: Sendable {
  /// The epoch, counted from 0.
  let epoch: Int
  /// False in the last epochs, where mosaics are closed.
  let mosaicIsOpen: Bool
  /// Entry indices in the order they are delivered to all ranks together; nil for the data set's own order.
  private let entries: [UInt32]?
  private let total: Int
  private let batch: Int
  private let rank: Int
  private let rankCount: Int

  /// The data set's own order for validation; for training a permutation keyed by (seed, epoch), by Fisher and Yates.
  init(epoch: Int, mosaicIsOpen: Bool, imageCount: Int, settings: LoaderSettings) {
    self.epoch = epoch
    self.mosaicIsOpen = mosaicIsOpen
    batch = settings.batch
    rank = settings.rank
    rankCount = settings.rankCount
    total = imageCount
    if case .validation = settings.mode {
      entries = nil
    } else {
      entries = Self.permutation(count: imageCount, seed: settings.seed, epoch: epoch)
    }
  }

  /// Bytes that the order of `imageCount` images takes.
  static func byteCount(imageCount: Int) -> Int { imageCount * MemoryLayout<UInt32>.stride }

  /// Batches of an epoch of `imageCount` images; the last one may be partial.
  static func batchCount(imageCount: Int, settings: LoaderSettings) -> Int {
    let globalBatch = settings.batch * settings.rankCount
    return (imageCount + globalBatch - 1) / globalBatch
  }

  /// Batches of the epoch; the last one may be partial.
  var batchCount: Int { (total + batch * rankCount - 1) / (batch * rankCount) }

  /// Images of this rank in batch `index`.
  func imageCount(ofBatch index: Int) -> Int {
    let left = total - index * batch * rankCount - rank
    return min(batch, max(left + rankCount - 1, 0) / rankCount)
  }

  /// The entry at place `image` of batch `index`.
  func entry(batch index: Int, image: Int) -> Int {
    let place = (index * batch + image) * rankCount + rank
    return entries.map { Int($0[place]) } ?? place
  }

  /// The entry that comes `count` images of this rank after place `image` of batch `index`; nil past the epoch's end.
  func entry(_ count: Int, after image: Int, ofBatch index: Int) -> Int? {
    let place = (index * batch + image + count) * rankCount + rank
    guard place < total else { return nil }
    return entries.map { Int($0[place]) } ?? place
  }

  /// All of 0 ..< count once, shuffled by Philox numbers keyed by (seed, epoch).
  package static func permutation(count: Int, seed: UInt64, epoch: Int) -> [UInt32] {
    precondition(count <= Int(UInt32.max), "an epoch has at most 2^32 - 1 images")
    var random = CounterRandom(seed: seed, epoch: epoch, purpose: .order)
    var order = (0..<count).map { UInt32($0) }
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, random.integer(below: last + 1))
    }
    return order
  }
}
