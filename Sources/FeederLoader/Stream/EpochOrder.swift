import FeederCore

/// The order of one epoch in batches: a function of (mode, seed, epoch, image count, batch size, rank) alone.
///
/// Ranks share an epoch: from each global batch of batch size x rankCount images, rank r takes places r, r + rankCount
/// and so on. All ranks have the same number of batches. In the last one a rank may have fewer images than others, or
/// none.
package struct EpochOrder: Sendable {
  /// The epoch, counted from 0.
  let epoch: Int
  /// False in the last epochs, which have no mosaics.
  let mosaicIsOpen: Bool
  /// Entry indices in the order of delivery to all ranks together; nil for the data set's own order.
  private let entries: [UInt32]?
  private let total: Int
  private let batch: Int
  private let rank: Int
  private let rankCount: Int

  /// For validation the data set's own order; for training a Fisher-Yates permutation keyed by (seed, epoch).
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

  /// Bytes of the order of `imageCount` images.
  static func byteCount(imageCount: Int) -> Int { imageCount * MemoryLayout<UInt32>.stride }

  /// Batches per epoch of `imageCount` images. The last may be partial.
  static func batchCount(imageCount: Int, settings: LoaderSettings) -> Int {
    let globalBatch = settings.batch * settings.rankCount
    return (imageCount + globalBatch - 1) / globalBatch
  }

  /// Batches of the epoch. The last may be partial.
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

  /// The entry that follows `count` images of this rank after place `image` of batch `index`; nil after the end of the
  /// epoch.
  func entry(_ count: Int, after image: Int, ofBatch index: Int) -> Int? {
    let place = (index * batch + image + count) * rankCount + rank
    guard place < total else { return nil }
    return entries.map { Int($0[place]) } ?? place
  }

  /// A permutation of 0 ..< `count`, shuffled by Philox numbers keyed by (seed, epoch, purpose).
  package static func permutation(
    count: Int, seed: UInt64, epoch: Int, purpose: RandomPurpose = .order
  ) -> [UInt32] {
    precondition(count <= Int(UInt32.max), "an epoch has at most 2^32 - 1 images")
    var random = CounterRandom(seed: seed, epoch: epoch, purpose: purpose)
    var order = (0..<count).map { UInt32($0) }
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, random.integer(below: last + 1))
    }
    return order
  }
}
