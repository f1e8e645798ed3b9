import FeederCache
import FeederCore

/// One image to fill: the entry, its place in a batch, and the slot.
package struct WorkItem: Sendable {
  let generation: Int
  /// The epoch, counted from 0.
  package let epoch: Int
  /// False in the last epochs, which have no mosaics.
  package let mosaicIsOpen: Bool
  /// The batch index in the epoch, counted from 0.
  package let batch: Int
  /// The image's place in the batch.
  package let image: Int
  /// The image's entry.
  package let entry: Int
  /// The entry that is filled `ReadAhead.distance` images later; nil near the end of the epoch.
  let laterEntry: Int?
  let slot: Slot
}

/// A batch with all images filled, ready to be lent.
struct ReadyBatch: Sendable {
  let index: Int
  let slot: Slot
  let imageCount: Int
  let epochHash: UInt64
}

/// Batches and slots of a loader, without threads. Every method is one step under the core's lock, and a slot's owner
/// changes in the same step.
struct LoaderState: Sendable {
  /// A batch that has a slot and is not delivered.
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

  /// The result of the end of one image.
  enum Outcome { case goesOn, batchIsReady, slotIsFree, failed }

  /// The consumer's find.
  enum Found { case batch(ReadyBatch), endOfEpoch, notYet(isFilling: Bool) }

  var isCancelled = false
  var failure: (any Error)?
  private(set) var epochHash: UInt64 = 0
  /// Slots that exist or are being made; never more than the plan allows.
  private(set) var slotCount = 0
  /// Slots that should exist.
  var wantedSlotCount = 0
  private var free: [Slot] = []
  private(set) var lentCount = 0
  private var order: EpochOrder?
  /// The epoch announced as the next. Its batches have the next generation.
  private var announced: EpochOrder?
  private var generation = 0
  /// Counts on into the announced epoch.
  private var nextToOpen = 0
  private var nextToDeliver = 0
  /// Open batches in the order of delivery.
  private var open: [OpenBatch] = []
  /// Batches of an earlier epoch that workers still write.
  private var abandoned: [OpenBatch] = []

  // MARK: - Slots

  /// True if one more slot is wanted. The caller makes it and calls `add`, or `unreserve` if that fails.
  mutating func reserveSlot() -> Bool {
    guard slotCount < wantedSlotCount else { return false }
    slotCount += 1
    return true
  }

  /// Adds a new slot.
  mutating func add(_ slot: Slot) { free.append(slot) }

  /// Notes that the slot could not be made, and lowers the wanted count.
  mutating func unreserve() {
    slotCount -= 1
    wantedSlotCount = max(slotCount, 1)
  }

  /// A free surplus slot, which the caller drops outside the lock; nil if there is none.
  mutating func takeSurplus() -> Slot? {
    guard slotCount > wantedSlotCount, let slot = free.popLast() else { return nil }
    slotCount -= 1
    return slot
  }

  /// True if the consumer holds every slot.
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

  /// Takes back a slot that the device has read.
  mutating func land(_ slot: Slot) {
    slot.move(from: .inFlight, to: .free)
    free.append(slot)
  }

  // MARK: - Batches

  /// Gives free slots to the next batches of the epoch, then of the announced one. Returns the number of images that
  /// now wait for a worker.
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

  /// The next image in the order of delivery that no worker has; nil if there is none.
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

  /// Notes the end of an item, with its error if it failed.
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
      // The image stays unfinished, so its batch is never delivered; no worker writes to it any more.
      open[place].startedCount -= 1
      return .failed
    }
    open[place].finishedCount += 1
    guard open[place].isReady else { return .goesOn }
    item.slot.move(from: .filling, to: .ready)
    return .batchIsReady
  }

  /// The next batch in order, now lent. Throws a worker's error at once, and `LoaderError.cancelled`.
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

  /// Number of free slots.
  var freeCount: Int { free.count }

  /// Batches that have a slot and are not delivered, in order, with the counts of finished and of all images.
  var batchesInWork: [(index: Int, finished: Int, images: Int)] {
    open.map { ($0.index, $0.finishedCount, $0.imageCount) }
  }

  /// Batches that are ready without a gap, from the next one to deliver.
  var readyCount: Int { open.prefix { $0.isReady }.count }

  /// Announces the epoch after the present one, so that its batches are filled as soon as slots are free. The first
  /// announcement counts, because its batches may be in work already. Without a present epoch it does nothing.
  mutating func announce(_ order: EpochOrder) {
    if self.order != nil, announced == nil { announced = order }
  }

  /// Begins the announced epoch and keeps its batches, if it is the requested one and the present epoch is delivered.
  /// False if not; then call `start`.
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

  /// Begins an epoch. Drops the rest of the one before and clears a failure.
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
    // Past the generation of the announced epoch.
    generation += 2
    failure = nil
  }
}
