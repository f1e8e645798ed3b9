import FeederCache
import FeederCore
import FeederImaging

/// Delivers a data set in batches, epoch by epoch: decoded, fitted or augmented, in order, by threads of its own.
///
/// Holds `plan.prefetchDepth + 1` slots of batch x channels x side x side bytes, or of what another filler fills. One consumer at a time calls `startEpoch`,
/// `nextBatch` and `adjust`; `cancel` may come from any thread. The end of the loader's life cancels it and waits for its workers.
package final class Loader: Sendable {
  private let core: LoaderCore
  private let settings: LoaderSettings
  private let imageCount: Int
  private let quarantine: Quarantine
  /// Planes an image: 1 or 3.
  package let channels: Int

  /// Allocates the slots and starts the workers, which wait for `startEpoch`.
  ///
  /// Throws `LoaderError` for bad settings, a budget that is too small, an empty source or missing memory. What happens when is noted in
  /// `trace`.
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

  /// The same with places that `filler` fills; of `settings` it uses what it likes. An order of its own needs `.validation`, in which
  /// entry follows entry. Throws as the other.
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
    imageCount = filler.imageCount
    channels = filler.channels
    try core.adopt(plan)
  }

  deinit { core.cancel() }

  /// What a loader of `source` with `settings` would take; nothing is allocated. Throws as `init` does for settings, budget
  /// and source.
  package static func plan(_ source: any ImageSource, _ settings: LoaderSettings) throws -> LoaderPlan {
    try plan(
      BatchFiller(
        source: source, settings: settings, counters: Counters(),
        quarantine: Quarantine(imageCount: source.count, share: settings.damagedShare)),
      settings)
  }

  /// The same for places that `filler` fills.
  package static func plan(_ filler: any PlaceFiller, _ settings: LoaderSettings) throws -> LoaderPlan {
    try settings.check()
    guard filler.imageCount > 0 else { throw LoaderError.noImages }
    return try LoaderPlan(
      settings: settings, placeByteCount: filler.placeByteCount, scratchByteCount: filler.scratchByteCount,
      imageCount: filler.imageCount)
  }

  /// Batches of every epoch.
  package var batchCount: Int { EpochOrder.batchCount(imageCount: imageCount, settings: settings) }

  /// Workers, prefetch depth and bytes as they are now.
  package var plan: LoaderPlan { core.plan }

  /// Bytes that slots, scratch and order take at most.
  package var plannedBytes: Int { plan.byteCount }

  /// Changes workers and prefetch depth, between batches; the stream stays the same. Returns the plan in force, which the
  /// budget may have lowered.
  ///
  /// More slots and workers come at once, or as soon as those that are too many are gone; a slot too many goes as soon as
  /// it is free, a worker with the end of its image. Throws `LoaderError.outOfMemory` where the host has no memory for a
  /// slot; the loader then goes on with what it has.
  @discardableResult
  package func adjust(workers: Int, prefetchDepth: Int) throws -> LoaderPlan {
    let plan = core.plan.fitting(workers: workers, prefetchDepth: prefetchDepth)
    try core.adopt(plan)
    return plan
  }

  /// Begins `epoch` (counted from 0) and starts to fill; what is left of an earlier epoch is dropped.
  ///
  /// `closeMosaic` turns mosaics off. A resumed run passes the first batch it has not seen and, as `hashSoFar`, the
  /// `epochHash` of the batch before: then the later batches and the final hash are those of an unbroken epoch. True where
  /// the epoch was announced and is partly filled already.
  @discardableResult
  package func startEpoch(
    _ epoch: Int, closeMosaic: Bool = false, firstBatch: Int = 0, hashSoFar: UInt64 = 0
  ) -> Bool {
    precondition(firstBatch >= 0, "a batch index is never negative")
    if firstBatch == 0, core.startAnnounced(epoch: epoch, mosaicIsOpen: !closeMosaic, hash: hashSoFar) { return true }
    let order = EpochOrder(epoch: epoch, mosaicIsOpen: !closeMosaic, imageCount: imageCount, settings: settings)
    core.start(order, firstBatch: min(firstBatch, order.batchCount), hash: hashSoFar)
    return false
  }

  /// Says which epoch follows the present one: slots that come free at its end are filled with the next one's batches, so
  /// that the consumer does not wait at its start. A `startEpoch` that asks for anything else drops them.
  package func announceEpoch(_ epoch: Int, closeMosaic: Bool = false) {
    core.announce(EpochOrder(epoch: epoch, mosaicIsOpen: !closeMosaic, imageCount: imageCount, settings: settings))
  }

  /// The next batch in order; blocks until it is whole. Nil at the end of the epoch, and before the first `startEpoch`.
  ///
  /// Throws what a worker threw (at once, even where older batches are ready), `LoaderError.cancelled` after `cancel()`,
  /// and `LoaderError.everySlotLent` where the caller holds every slot itself.
  package func nextBatch() throws -> Batch? {
    guard let ready = try core.next() else { return nil }
    return Batch(
      index: ready.index, imageCount: ready.imageCount, channels: channels, size: PixelSize(side: settings.imageSize),
      epochHash: ready.epochHash, slot: ready.slot, core: core)
  }

  /// Checksum of all images delivered in this epoch, in order; the epoch's stream hash once `nextBatch()` gave nil.
  package var epochHash: UInt64 { core.epochHash }

  /// What every slot and worker is at, a line each; may be asked from any thread.
  package var lines: [String] { core.lines }

  /// Batches that lie ready now.
  package var readyBatchCount: Int { core.readyCount }

  /// Bytes that slots, workers and order really hold now; after `adjust` they follow the plan as slots come free.
  package var heldBytes: Int { core.heldBytes }

  /// Images a full batch.
  package var batchSize: Int { settings.batch }

  /// Where the time went until now.
  package var telemetry: Telemetry { core.counters.snapshot }

  /// Seconds the consumer waited inside `nextBatch()` until now.
  package var stallSeconds: Double { telemetry.stallSeconds }

  /// Damaged images found until now, in the data set's order.
  package var quarantined: [QuarantinedImage] { quarantine.list }

  /// Ends the loader for good: workers finish the image they are at and are joined; `nextBatch()` throws from now on.
  package func cancel() { core.cancel() }
}
