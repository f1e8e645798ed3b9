import FeederCore

/// The memory of a loader: slots of batch size x bytes per place, one scratch per worker, and the order of an epoch.
///
/// Mapped cache pages are not counted, because the kernel may drop them.
package struct LoaderPlan: Sendable, Equatable {
  /// Threads that decode and augment.
  package private(set) var workers: Int
  /// Batches that are ready or in work, besides the one that the consumer holds.
  package private(set) var prefetchDepth: Int
  /// Bytes of the pixels of one slot, in whole pages.
  package let slotByteCount: Int
  /// Bytes of one more slot: its pixels, and the facts and targets of its images.
  package let slotCost: Int
  /// Bytes of one more worker: its scratch and its thread.
  package let workerCost: Int
  /// Bytes that do not depend on the numbers: the order of this epoch and the next, and their tiles.
  package let fixedCost: Int
  /// The limit for all bytes; nil for none.
  package let budget: Int?

  private static let pageByteCount = 4096
  /// Facts and targets (40 bytes each) of an image. Suffices for 32 boxes; the memory grows if an image has more.
  private static let imageRecordByteCount = 2048
  /// Stack pages and allocator arena of a busy worker, as measured and rounded up (docs/measurements/loader-memory.md).
  private static let threadByteCount = 256 << 10

  /// Fits the workers and prefetch depth of `settings` into its budget.
  ///
  /// Throws `LoaderError.budgetTooSmall`, with the minimum, if one worker and one batch of prefetch do not fit.
  init(settings: LoaderSettings, placeByteCount: Int, scratchByteCount: Int, orderByteCount: Int) throws {
    let bytes = settings.batch * placeByteCount
    slotByteCount = (bytes + Self.pageByteCount - 1) / Self.pageByteCount * Self.pageByteCount
    slotCost = slotByteCount + settings.batch * Self.imageRecordByteCount
    workerCost = scratchByteCount + Self.threadByteCount
    fixedCost = orderByteCount
    budget = settings.memoryBudget
    workers = 1
    prefetchDepth = 1
    if let budget, minimum > budget { throw LoaderError.budgetTooSmall(budget: budget, minimum: minimum) }
    let fitted = fitting(workers: settings.workers, prefetchDepth: settings.prefetchDepth)
    workers = fitted.workers
    prefetchDepth = fitted.prefetchDepth
  }

  /// Bytes of one worker and two slots.
  package var minimum: Int { 2 * slotCost + workerCost + fixedCost }

  /// All bytes of the plan.
  package var byteCount: Int { byteCount(slots: prefetchDepth + 1, workers: workers) }

  /// Bytes of `slots` slots and `workers` workers.
  func byteCount(slots: Int, workers: Int) -> Int { slots * slotCost + workers * workerCost + fixedCost }

  /// The same plan with other numbers. If they exceed the budget, the depth is lowered first, then the workers, both to
  /// at least 1.
  package func fitting(workers: Int, prefetchDepth: Int) -> LoaderPlan {
    var plan = self
    plan.workers = max(workers, 1)
    plan.prefetchDepth = max(prefetchDepth, 1)
    guard let budget else { return plan }
    plan.workers = min(plan.workers, max((budget - fixedCost - 2 * slotCost) / workerCost, 1))
    plan.prefetchDepth = min(
      plan.prefetchDepth, max((budget - fixedCost - plan.workers * workerCost) / slotCost - 1, 1))
    return plan
  }

  /// The plan in one line.
  package var line: String {
    let limit = budget.map { " of \(ByteCount($0))" } ?? ""
    return "\(ByteCount(byteCount))\(limit): \(prefetchDepth + 1) slots of \(ByteCount(slotCost)), "
      + "\(workers) workers of \(ByteCount(workerCost))"
  }
}
