import FeederCore

/// How a loader spends its bytes: slots of batch x the bytes of a place, one scratch a worker, and the order of an epoch.
///
/// Mapped cache pages are the kernel's to drop and are not counted.
package struct LoaderPlan: Sendable, Equatable {
  /// Threads that decode and augment.
  package private(set) var workers: Int
  /// Batches ready or in work beside the one the consumer holds.
  package private(set) var prefetchDepth: Int
  /// Bytes of the pixels of one slot, whole pages.
  package let slotByteCount: Int
  /// Bytes that one more slot takes: its pixels, and the facts and targets of its images.
  package let slotCost: Int
  /// Bytes that one more worker takes: what it needs to read, decode and resample, and its thread.
  package let workerCost: Int
  /// Bytes taken whatever the numbers are: the order of this epoch and of the next.
  package let fixedCost: Int
  /// Bytes that all of it may take; nil sets no limit.
  package let budget: Int?

  private static let pageByteCount = 4096
  /// Targets (40 bytes each) and facts of an image; room for 32 boxes, which grows where images have more.
  private static let imageRecordByteCount = 2048
  /// Stack pages and allocator arena that a busy worker was seen to touch, rounded up (docs/measurements/loader-memory.md).
  private static let threadByteCount = 256 << 10

  /// Fits workers and depth of `settings` into its budget.
  ///
  /// Throws `LoaderError.budgetTooSmall` with the minimum where even one worker and one batch of prefetch do not fit.
  init(settings: LoaderSettings, placeByteCount: Int, scratchByteCount: Int, imageCount: Int) throws {
    let bytes = settings.batch * placeByteCount
    slotByteCount = (bytes + Self.pageByteCount - 1) / Self.pageByteCount * Self.pageByteCount
    slotCost = slotByteCount + settings.batch * Self.imageRecordByteCount
    workerCost = scratchByteCount + Self.threadByteCount
    fixedCost = 2 * EpochOrder.byteCount(imageCount: imageCount)
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

  /// Bytes in all.
  package var byteCount: Int { byteCount(slots: prefetchDepth + 1, workers: workers) }

  /// Bytes of `slots` slots and `workers` workers.
  func byteCount(slots: Int, workers: Int) -> Int { slots * slotCost + workers * workerCost + fixedCost }

  /// The same plan with other numbers: where they pass the budget the depth is lowered first, then the workers, both to 1
  /// at least.
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

  /// The plan in one line, for people.
  package var line: String {
    let limit = budget.map { " of \(ByteCount($0))" } ?? ""
    return "\(ByteCount(byteCount))\(limit): \(prefetchDepth + 1) slots of \(ByteCount(slotCost)), "
      + "\(workers) workers of \(ByteCount(workerCost))"
  }
}
