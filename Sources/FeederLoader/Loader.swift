import FeederCache
import FeederCore

/// Delivers a data set in batches, epoch by epoch, in order. Its own threads decode and fit or augment the images.
///
/// Holds `plan.prefetchDepth + 1` slots. A slot has batch size x channels x side x side bytes, unless another filler
/// needs other sizes. One consumer at a time calls `startEpoch`, `nextBatch` and `adjust`; any thread may call
/// `cancel`. Deinit cancels the loader and waits for its workers.
package final class Loader: Sendable {
  private let core: LoaderCore
  private let settings: LoaderSettings
  private let filler: any PlaceFiller
  private let quarantine: Quarantine
  /// Channels per image: 1 or 3.
  package let channels: Int

  /// Allocates the slots and starts the workers, which wait for `startEpoch`. `trace` gets the spans of workers, slots
  /// and consumer.
  ///
  /// Throws `SettingError` if a setting is out of range, and `LoaderError` if the budget is too small, the source is
  /// empty or memory is missing.
  package convenience init(
    source: some ImageSource, settings: LoaderSettings, slotMemory: some SlotMemory = HostSlotMemory(),
    trace: Trace? = nil
  ) throws {
    let counters = Counters()
    let quarantine = Quarantine(imageCount: source.count, share: settings.damagedShare)
    try self.init(
      filler: BatchFiller(source: source, settings: settings, counters: counters, quarantine: quarantine),
      settings: settings, slotMemory: slotMemory, trace: trace, counters: counters, quarantine: quarantine)
  }

  /// The same, but `filler` fills the places and decides which of `settings` it uses. A filler with its own order needs
  /// `.validation`, which delivers the entries in order. Throws as the other initializer.
  package convenience init(filler: some PlaceFiller, settings: LoaderSettings) throws {
    try self.init(
      filler: filler, settings: settings, slotMemory: HostSlotMemory(), trace: nil, counters: Counters(),
      quarantine: Quarantine(imageCount: filler.imageCount, share: settings.damagedShare))
  }

  private init(
    filler: some PlaceFiller, settings: LoaderSettings, slotMemory: some SlotMemory, trace: Trace?, counters: Counters,
    quarantine: Quarantine
  ) throws {
    let plan = try Self.plan(filler, settings)
    core = LoaderCore(
      filler: filler, counters: counters, plan: plan, memory: slotMemory, batch: settings.batch, trace: trace)
    self.settings = settings
    self.quarantine = quarantine
    self.filler = filler
    channels = filler.channels
    try core.adopt(plan)
  }

  deinit { core.cancel() }

  /// The plan that a loader of `source` with `settings` would have. Allocates nothing. Throws as `init` does for
  /// settings, budget and source.
  package static func plan(_ source: any ImageSource, _ settings: LoaderSettings) throws -> LoaderPlan {
    try plan(
      BatchFiller(
        source: source, settings: settings, counters: Counters(),
        quarantine: Quarantine(imageCount: source.count, share: settings.damagedShare)),
      settings)
  }

  /// The same for places that `filler` fills. Throws as the other.
  package static func plan(_ filler: any PlaceFiller, _ settings: LoaderSettings) throws -> LoaderPlan {
    try settings.check()
    guard filler.imageCount > 0 else { throw LoaderError.noImages }
    return try LoaderPlan(
      settings: settings, placeByteCount: filler.placeByteCount, scratchByteCount: filler.scratchByteCount,
      orderByteCount: filler.orderByteCount)
  }

  /// Batches of the first epoch. Without tiles, all epochs have as many.
  package var batchCount: Int { batchCount(in: 0) }

  /// Batches of `epoch`. With tiles, epochs differ in the number of their tiles.
  package func batchCount(in epoch: Int) -> Int {
    EpochOrder.batchCount(imageCount: filler.entryCount(in: epoch), settings: settings)
  }

  /// The tiles that validation delivers; nil without tiles.
  package var validationTiles: TiledSource? { (filler as? BatchFiller)?.tiles?.source(in: 0) }

  /// The present workers, prefetch depth and bytes.
  package var plan: LoaderPlan { core.plan }

  /// The most bytes that slots, scratch and order take.
  package var plannedBytes: Int { plan.byteCount }

  /// Changes workers and prefetch depth between batches. The stream stays the same. Returns the new plan, whose numbers
  /// the budget may have lowered.
  ///
  /// New slots and workers start at once, or as soon as surplus ones are gone. A surplus slot goes when it is free, a
  /// surplus worker at the end of its image. Throws `LoaderError.outOfMemory` if the host has no memory for a slot; the
  /// loader then continues with the slots that it has.
  @discardableResult
  package func adjust(workers: Int, prefetchDepth: Int) throws -> LoaderPlan {
    let plan = core.plan.fitting(workers: workers, prefetchDepth: prefetchDepth)
    try core.adopt(plan)
    return plan
  }

  /// Begins `epoch`, counted from 0, and starts to fill. Drops the rest of an earlier epoch.
  ///
  /// `closeMosaic` turns mosaics off. A resumed run gives its first new batch as `firstBatch`, and the `epochHash` of
  /// the batch before as `hashSoFar`. Then the later batches and the final hash are the same as in an unbroken epoch.
  /// Returns true if the epoch was announced and is partly filled already.
  @discardableResult
  package func startEpoch(
    _ epoch: Int, closeMosaic: Bool = false, firstBatch: Int = 0, hashSoFar: UInt64 = 0
  ) -> Bool {
    precondition(firstBatch >= 0, "a batch index is never negative")
    if firstBatch == 0, core.startAnnounced(epoch: epoch, mosaicIsOpen: !closeMosaic, hash: hashSoFar) { return true }
    let order = order(of: epoch, closeMosaic)
    core.start(order, firstBatch: min(firstBatch, order.batchCount), hash: hashSoFar)
    return false
  }

  /// Announces the epoch after the present one. Slots that become free at the end are then filled with its batches, so
  /// the consumer need not wait at its start. A `startEpoch` for another epoch drops them.
  package func announceEpoch(_ epoch: Int, closeMosaic: Bool = false) { core.announce(order(of: epoch, closeMosaic)) }

  private func order(of epoch: Int, _ closesMosaic: Bool) -> EpochOrder {
    EpochOrder(
      epoch: epoch, mosaicIsOpen: !closesMosaic, imageCount: filler.entryCount(in: epoch), settings: settings)
  }

  /// The next batch in order; blocks until all its images are filled. Nil at the end of the epoch, and before the first
  /// `startEpoch`.
  ///
  /// Throws the error of a worker (at once, even if older batches are ready), `LoaderError.cancelled` after `cancel()`,
  /// and `LoaderError.everySlotLent` if the caller holds every slot.
  package func nextBatch() throws -> Batch? {
    guard let ready = try core.next() else { return nil }
    return Batch(
      index: ready.index, imageCount: ready.imageCount, channels: channels, size: PixelSize(side: settings.imageSize),
      epochHash: ready.epochHash, slot: ready.slot, core: core)
  }

  /// The checksum of all images delivered in this epoch, in order. It is the epoch's stream hash once `nextBatch()`
  /// returned nil.
  package var epochHash: UInt64 { core.epochHash }

  /// The state of every slot and worker, one line each. Any thread may ask.
  package var lines: [String] { core.lines }

  /// Batches that are ready now.
  package var readyBatchCount: Int { core.readyCount }

  /// Bytes that slots, workers and order hold now. After `adjust` they follow the plan as slots become free.
  package var heldBytes: Int { core.heldBytes }

  /// Images in a full batch.
  package var batchSize: Int { settings.batch }

  /// Counts and times since the loader's creation.
  package var telemetry: Telemetry { core.counters.snapshot }

  /// Seconds that the consumer has waited in `nextBatch()`.
  package var stallSeconds: Double { telemetry.stallSeconds }

  /// Damaged images found so far, in the data set's order.
  package var quarantined: [QuarantinedImage] { quarantine.list }

  /// Ends the loader for good: workers finish their present image and are joined. From then on `nextBatch()` throws.
  package func cancel() { core.cancel() }
}
