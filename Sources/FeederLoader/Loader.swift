import FeederCache
import FeederCore
import FeederImaging

/// Delivers a data set in batches, epoch by epoch: decoded, fitted or augmented, in order, by threads of its own.
///
/// Holds `plan.prefetchDepth + 1` slots of batch x channels x side x side bytes. One consumer at a time calls `startEpoch`
/// and `nextBatch`; `cancel` may come from any thread. The end of the loader's life cancels it and waits for its workers.
package final class Loader: Sendable {
  private let core: LoaderCore
  private let settings: LoaderSettings
  private let imageCount: Int
  /// Workers, prefetch depth and bytes as they are used.
  package let plan: LoaderPlan
  /// Planes an image: 1 or 3.
  package let channels: Int

  /// Allocates the slots and starts the workers, which wait for `startEpoch`.
  ///
  /// Throws `LoaderError` for bad settings, a budget that is too small, an empty source or missing memory.
  package init(
    source: some ImageSource, settings: LoaderSettings, slotMemory: some SlotMemory = HostSlotMemory()
  ) throws {
    try settings.check()
    guard source.count > 0 else { throw LoaderError.noImages }
    let pixelScratch = PixelScratch.byteCount(
      sourceWidth: source.largestWidth, targetWidth: settings.imageSize, channels: source.channels)
    plan = try LoaderPlan(
      settings: settings, channels: source.channels, scratchByteCount: source.scratchByteCount + pixelScratch)
    var used = settings
    used.workers = plan.workers
    used.prefetchDepth = plan.prefetchDepth
    let counters = Counters()
    let filler = BatchFiller(
      source: source, settings: used, counters: counters,
      quarantine: Quarantine(imageCount: source.count, share: settings.damagedShare))
    let ring = try SlotRing(count: plan.prefetchDepth + 1, byteCount: plan.slotByteCount, memory: slotMemory)
    core = LoaderCore(filler: filler, ring: ring, counters: counters, imageCount: source.count, settings: used)
    self.settings = used
    imageCount = source.count
    channels = source.channels
    core.startWorkers()
  }

  deinit { core.cancel() }

  /// Batches of every epoch.
  package var batchCount: Int { (imageCount + settings.batch - 1) / settings.batch }

  /// Bytes that slots and scratch take at most.
  package var plannedBytes: Int { plan.byteCount }

  /// Begins `epoch` (counted from 0) and starts to fill; what is left of an earlier epoch is dropped.
  ///
  /// `closeMosaic` turns mosaics off. A resumed run passes the first batch it has not seen and, as `hashSoFar`, the
  /// `epochHash` of the batch before: then the later batches and the final hash are those of an unbroken epoch.
  package func startEpoch(_ epoch: Int, closeMosaic: Bool = false, firstBatch: Int = 0, hashSoFar: UInt64 = 0) {
    precondition(firstBatch >= 0, "a batch index is never negative")
    let order = EpochOrder(epoch: epoch, mosaicIsOpen: !closeMosaic, imageCount: imageCount, settings: settings)
    core.start(order, firstBatch: min(firstBatch, order.batchCount), hash: hashSoFar)
  }

  /// The next batch in order; blocks until it is whole. Nil at the end of the epoch, and before the first `startEpoch`.
  ///
  /// Throws what a worker threw (at once, even where older batches are ready), `LoaderError.cancelled` after `cancel()`,
  /// and `LoaderError.everySlotLent` where the caller holds every slot itself.
  package func nextBatch() throws -> Batch? {
    guard let ready = try core.next() else { return nil }
    let byteCount = ready.images.count * core.filler.imageByteCount
    return Batch(
      index: ready.index,
      pixels: UnsafeMutableRawBufferPointer(rebasing: core.ring.bytes(of: ready.slot)[..<byteCount]),
      imageCount: ready.images.count, channels: channels, size: PixelSize(side: settings.imageSize),
      targets: ready.images.flatMap(\.targets), images: ready.images.map(\.image),
      hash: ready.images.reduce(0) { StreamHash.chain($1.hash, after: $0) }, epochHash: ready.epochHash,
      slot: ready.slot, core: core)
  }

  /// Checksum of all images delivered in this epoch, in order; the epoch's stream hash once `nextBatch()` gave nil.
  package var epochHash: UInt64 { core.epochHash }

  /// Where the time went until now.
  package var telemetry: Telemetry { core.counters.snapshot }

  /// Seconds the consumer waited inside `nextBatch()` until now.
  package var stallSeconds: Double { telemetry.stallSeconds }

  /// Damaged images found until now, in the data set's order.
  package var quarantined: [QuarantinedImage] { core.filler.quarantine.list }

  /// Ends the loader for good: workers finish the image they are at and are joined; `nextBatch()` throws from now on.
  package func cancel() { core.cancel() }
}
