import FeederCache
import FeederCore

/// One image to fill: which entry, for which place of which batch, in which slot.
package struct WorkItem: Sendable {
  let generation: Int
  /// The epoch, counted from 0.
  package let epoch: Int
  /// False in the last epochs, in which mosaics are closed.
  package let mosaicIsOpen: Bool
  /// The batch, counted from 0 in the epoch.
  package let batch: Int
  /// The place in the batch.
  package let image: Int
  /// The image.
  package let entry: Int
  /// The entry that is filled `ReadAhead.distance` images later; nil near the epoch's end.
  let laterEntry: Int?
  let slot: Slot
}

/// A batch whose images are all filled, about to be lent.
struct ReadyBatch: Sendable {
  let index: Int
  let slot: Slot
  let imageCount: Int
  let epochHash: UInt64
}

/// Batches and slots of a loader, without threads: every method is one step under the core's lock,
/// and the owner of a slot changes in the same step.
struct LoaderState: Sendable {
  /// A batch that has a slot and is not delivered yet.
  private struct OpenBatch: Sendable {
    let generation: Int
    let index: Int
    let slot: Slot
    let imageCount: Int
    var startedCount = 0
    var finishedCount = 0
    var isReady: Bool { finishedCount == imageCount }
    var isIdle: Bool { finishedCount == startedCount }
  }

  /// What the end of one image means.
  enum Outcome { case goesOn, batchIsReady, slotIsFree, failed }

  /// What the consumer finds.
  enum Found { case batch(ReadyBatch), endOfEpoch, notYet(isFilling: Bool) }

  var isCancelled = false
  var failure: (any Error)?
  private(set) var epochHash: UInt64 = 0
  /// Slots that exist or are about to; never above what the plan allows.
  private(set) var slotCount = 0
  /// Slots that should exist.
  var wantedSlotCount = 0
  private var free: [Slot] = []
  private(set) var lentCount = 0
  private var order: EpochOrder?
  /// The epoch that was announced as the next; its batches have the next generation.
  private var announced: EpochOrder?
  private var generation = 0
  /// Counts on into the announced epoch.
  private var nextToOpen = 0
  private var nextToDeliver = 0
  /// In order of delivery.
  private var open: [OpenBatch] = []
  /// Batches of an earlier epoch that workers still write to.
  private var abandoned: [OpenBatch] = []

  // MARK: - Slots

  /// True where one more slot is wanted: the caller then makes it and calls `add`, or `unreserve` where that fails.
  mutating func reserveSlot() -> Bool {
    guard slotCount < wantedSlotCount else { return false }
    slotCount += 1
    return true
  }

  /// Takes a new slot in.
  mutating func add(_ slot: Slot) { free.append(slot) }

  /// The slot could not be made: fewer must do.
  mutating func unreserve() {
    slotCount -= 1
    wantedSlotCount = max(slotCount, 1)
  }

  /// A free slot that is too many, for the caller to drop outside the lock; nil where there is none.
  mutating func takeSurplus() -> Slot? {
    guard slotCount > wantedSlotCount, let slot = free.popLast() else { return nil }
    slotCount -= 1
    return slot
  }

  /// True where the consumer holds every slot.
  var everySlotIsLent: Bool { lentCount == slotCount }

  /// Takes a lent slot back.
  mutating func takeBack(_ slot: Slot) {
    slot.move(from: .lent, to: .free)
    lentCount -= 1
    free.append(slot)
  }

  /// Notes that the device reads a slot that was lent.
  mutating func sendOff(_ slot: Slot) {
    slot.move(from: .lent, to: .inFlight)
    lentCount -= 1
  }

  /// Takes a slot back that the device has read.
  mutating func land(_ slot: Slot) {
    slot.move(from: .inFlight, to: .free)
    free.append(slot)
  }

  // MARK: - Batches

  /// Gives free slots to the next batches of the epoch, then to those of the announced one; returns the images that wait for
  /// a worker now.
  mutating func openBatches() -> Int {
    var itemCount = 0
    while let (order, isNext, index) = batchToOpen, !isCancelled, failure == nil, let slot = free.popLast() {
      slot.move(from: .free, to: .filling)
      let count = order.imageCount(ofBatch: index)
      if count == 0 { slot.move(from: .filling, to: .ready) }
      open.append(
        OpenBatch(generation: isNext ? generation + 1 : generation, index: index, slot: slot, imageCount: count))
      nextToOpen += 1
      itemCount += count
    }
    return itemCount
  }

  private var batchToOpen: (order: EpochOrder, isNext: Bool, index: Int)? {
    guard let order else { return nil }
    if nextToOpen < order.batchCount { return (order, false, nextToOpen) }
    guard let announced, nextToOpen - order.batchCount < announced.batchCount else { return nil }
    return (announced, true, nextToOpen - order.batchCount)
  }

  /// The next image in order of delivery that nobody works on; nil where there is none.
  mutating func takeItem() -> WorkItem? {
    guard !isCancelled, failure == nil,
      let place = open.firstIndex(where: { $0.startedCount < $0.imageCount }),
      let order = open[place].generation == generation ? order : announced
    else { return nil }
    let batch = open[place]
    open[place].startedCount += 1
    return WorkItem(
      generation: batch.generation, epoch: order.epoch, mosaicIsOpen: order.mosaicIsOpen, batch: batch.index,
      image: batch.startedCount, entry: order.entry(batch: batch.index, image: batch.startedCount),
      laterEntry: order.entry(ReadAhead.distance, after: batch.startedCount, ofBatch: batch.index), slot: batch.slot)
  }

  /// Notes the end of an item, with the error that ended it.
  mutating func finish(_ item: WorkItem, _ error: (any Error)?) -> Outcome {
    if let place = abandoned.firstIndex(where: { $0.generation == item.generation && $0.index == item.batch }) {
      abandoned[place].finishedCount += 1
      guard abandoned[place].isIdle else { return .goesOn }
      item.slot.move(from: .filling, to: .free)
      free.append(item.slot)
      abandoned.remove(at: place)
      return .slotIsFree
    }
    guard let place = open.firstIndex(where: { $0.generation == item.generation && $0.index == item.batch }) else {
      preconditionFailure("an image ends in a batch that is open")
    }
    if let error {
      failure = failure ?? error
      // The image stays unfinished, so that its batch can never be delivered; nobody writes to it any more.
      open[place].startedCount -= 1
      return .failed
    }
    open[place].finishedCount += 1
    guard open[place].isReady else { return .goesOn }
    item.slot.move(from: .filling, to: .ready)
    return .batchIsReady
  }

  /// The next batch in order, now lent. Throws what a worker threw, at once, and `LoaderError.cancelled`.
  mutating func takeReady() throws -> Found {
    if isCancelled { throw LoaderError.cancelled }
    if let failure { throw failure }
    guard let order, nextToDeliver < order.batchCount else { return .endOfEpoch }
    guard let batch = open.first, batch.isReady else { return .notYet(isFilling: !open.isEmpty) }
    open.removeFirst()
    nextToDeliver += 1
    batch.slot.move(from: .ready, to: .lent)
    lentCount += 1
    for image in batch.slot.images(batch.imageCount) { epochHash = StreamHash.chain(image.hash, after: epochHash) }
    return .batch(
      ReadyBatch(index: batch.index, slot: batch.slot, imageCount: batch.imageCount, epochHash: epochHash))
  }

  /// Slots that nobody uses.
  var freeCount: Int { free.count }

  /// Batches that have a slot and are not delivered, in order: images written, of so many.
  var batchesInWork: [(index: Int, finished: Int, images: Int)] {
    open.map { ($0.index, $0.finishedCount, $0.imageCount) }
  }

  /// Batches that lie ready, from the next to deliver on without a gap.
  var readyCount: Int { open.prefix { $0.isReady }.count }

  /// Says which epoch comes after the present one, so that its batches are filled as soon as slots are free. The first
  /// announcement holds, since its batches may be in work already; without an epoch there is nothing to come after.
  mutating func announce(_ order: EpochOrder) {
    if self.order != nil, announced == nil { announced = order }
  }

  /// Begins the announced epoch, where it is the one asked for and the present one is delivered: its batches stay. False where
  /// it is not: `start` is then to follow.
  mutating func startAnnounced(epoch: Int, mosaicIsOpen: Bool, hash: UInt64) -> Bool {
    guard let order, let next = announced, failure == nil, nextToDeliver == order.batchCount,
      next.epoch == epoch, next.mosaicIsOpen == mosaicIsOpen
    else { return false }
    self.order = next
    announced = nil
    generation += 1
    nextToOpen -= order.batchCount
    nextToDeliver = 0
    epochHash = hash
    return true
  }

  /// Begins an epoch. What is left of the one before is dropped, a failure is forgotten.
  mutating func start(_ order: EpochOrder, firstBatch: Int, hash: UInt64) {
    dropAll()
    self.order = order
    nextToOpen = firstBatch
    nextToDeliver = firstBatch
    epochHash = hash
  }

  private mutating func dropAll() {
    for batch in open {
      if batch.isReady || batch.isIdle {
        batch.slot.move(from: batch.isReady ? .ready : .filling, to: .free)
        free.append(batch.slot)
      } else {
        abandoned.append(batch)
      }
    }
    open.removeAll(keepingCapacity: true)
    order = nil
    announced = nil
    // Beyond that of the announced epoch.
    generation += 2
    failure = nil
  }
}
