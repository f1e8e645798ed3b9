import FeederCore

/// One image to fill: which entry, for which place of which batch, in which slot.
struct WorkItem: Sendable {
  let generation: Int
  let epoch: Int
  let mosaicIsOpen: Bool
  let batch: Int
  let image: Int
  let entry: Int
  let slot: Int
}

/// What filling one image gave beside its pixels.
struct FilledImage: Sendable {
  let targets: [Target]
  let image: BatchImage
  let hash: UInt64
}

/// A batch whose images are all filled, about to be lent.
struct ReadyBatch: Sendable {
  let index: Int
  let slot: Int
  let images: [FilledImage]
  let epochHash: UInt64
}

/// The bookkeeping of a loader, without threads: every method is one step under the core's lock,
/// and the owner of a slot changes in the same step.
struct LoaderState: Sendable {
  /// A batch that has a slot and is not delivered yet.
  private struct OpenBatch: Sendable {
    let generation: Int
    let index: Int
    let slot: Int
    var results: [FilledImage?]
    var startedCount = 0
    var finishedCount = 0
    var isReady = false
  }

  /// What the end of one image means.
  enum Outcome { case goesOn, batchIsReady, slotIsFree, failed }

  /// What the consumer finds.
  enum Found { case batch(ReadyBatch), endOfEpoch, notYet(isFilling: Bool) }

  var isCancelled = false
  var failure: (any Error)?
  private(set) var epochHash: UInt64 = 0
  private var order: EpochOrder?
  private var generation = 0
  private var nextToOpen = 0
  private var nextToDeliver = 0
  /// In order of delivery.
  private var open: [OpenBatch] = []
  /// Batches of an earlier epoch that workers still write to.
  private var abandoned: [OpenBatch] = []

  /// True while the epoch has batches without a slot.
  var wantsBatch: Bool {
    guard let order, !isCancelled, failure == nil else { return false }
    return nextToOpen < order.batchCount
  }

  /// Opens the next batch in `slot`; returns its image count.
  mutating func openBatch(slot: Int) -> Int {
    guard let order else { return 0 }
    let count = order.imageCount(ofBatch: nextToOpen)
    open.append(
      OpenBatch(
        generation: generation, index: nextToOpen, slot: slot, results: Array(repeating: nil, count: count)))
    nextToOpen += 1
    return count
  }

  /// The next image in order of delivery that nobody works on; nil where there is none.
  mutating func takeItem() -> WorkItem? {
    guard let order, !isCancelled, failure == nil,
      let place = open.firstIndex(where: { $0.startedCount < $0.results.count })
    else { return nil }
    let batch = open[place]
    open[place].startedCount += 1
    return WorkItem(
      generation: batch.generation, epoch: order.epoch, mosaicIsOpen: order.mosaicIsOpen, batch: batch.index,
      image: batch.startedCount, entry: order.entry(batch: batch.index, image: batch.startedCount), slot: batch.slot)
  }

  /// Notes the end of an item.
  mutating func finish(_ item: WorkItem, _ result: Result<FilledImage, any Error>) -> Outcome {
    if let place = abandoned.firstIndex(where: { $0.generation == item.generation && $0.index == item.batch }) {
      abandoned[place].finishedCount += 1
      guard abandoned[place].finishedCount == abandoned[place].startedCount else { return .goesOn }
      abandoned.remove(at: place)
      return .slotIsFree
    }
    guard let place = open.firstIndex(where: { $0.generation == item.generation && $0.index == item.batch }) else {
      preconditionFailure("an image ends in a batch that is open")
    }
    open[place].finishedCount += 1
    switch result {
    case .success(let image):
      open[place].results[item.image] = image
      open[place].isReady = open[place].finishedCount == open[place].results.count
      return open[place].isReady ? .batchIsReady : .goesOn
    case .failure(let error):
      failure = failure ?? error
      return .failed
    }
  }

  /// The next batch in order. Throws what a worker threw, at once, and `LoaderError.cancelled`.
  mutating func takeReady() throws -> Found {
    if isCancelled { throw LoaderError.cancelled }
    if let failure { throw failure }
    guard let order, nextToDeliver < order.batchCount else { return .endOfEpoch }
    guard let batch = open.first, batch.isReady else { return .notYet(isFilling: !open.isEmpty) }
    open.removeFirst()
    nextToDeliver += 1
    let images = batch.results.compactMap(\.self)
    epochHash = images.reduce(epochHash) { StreamHash.chain($1.hash, after: $0) }
    return .batch(ReadyBatch(index: batch.index, slot: batch.slot, images: images, epochHash: epochHash))
  }

  /// Begins an epoch; returns the slots that are free at once, by what they were. A failure is forgotten.
  mutating func start(_ order: EpochOrder, firstBatch: Int, hash: UInt64) -> (filling: [Int], ready: [Int]) {
    let idle = open.filter { !$0.isReady && $0.startedCount == $0.finishedCount }
    let ready = open.filter(\.isReady)
    abandoned += open.filter { !$0.isReady && $0.startedCount > $0.finishedCount }
    open = []
    self.order = order
    generation += 1
    failure = nil
    nextToOpen = firstBatch
    nextToDeliver = firstBatch
    epochHash = hash
    return (idle.map(\.slot), ready.map(\.slot))
  }
}
