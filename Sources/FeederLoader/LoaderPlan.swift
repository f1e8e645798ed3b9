/// How a loader spends its bytes: slots (batch x channels x side x side) and one scratch a worker.
///
/// Mapped cache pages are the kernel's to drop and are not counted.
package struct LoaderPlan: Sendable, Equatable {
  /// Threads that decode and augment.
  package let workers: Int
  /// Batches ready or in work beside the one the consumer holds.
  package let prefetchDepth: Int
  /// Bytes of one slot, whole pages.
  package let slotByteCount: Int
  /// Bytes that one worker needs to read and decode.
  package let scratchByteCount: Int

  private static let pageByteCount = 4096

  /// Fits workers and depth of `settings` into its budget: lowers the depth first, then the workers, both to 1 at least.
  ///
  /// Throws `LoaderError.budgetTooSmall` with the minimum where that does not do.
  init(settings: LoaderSettings, channels: Int, scratchByteCount: Int) throws {
    let bytes = settings.batch * channels * settings.imageSize * settings.imageSize
    slotByteCount = (bytes + Self.pageByteCount - 1) / Self.pageByteCount * Self.pageByteCount
    self.scratchByteCount = scratchByteCount
    guard let budget = settings.memoryBudget else {
      workers = settings.workers
      prefetchDepth = settings.prefetchDepth
      return
    }
    let minimum = 2 * slotByteCount + scratchByteCount
    guard minimum <= budget else { throw LoaderError.budgetTooSmall(budget: budget, minimum: minimum) }
    let affordable = scratchByteCount == 0 ? settings.workers : (budget - 2 * slotByteCount) / scratchByteCount
    workers = min(settings.workers, max(affordable, 1))
    prefetchDepth = min(
      settings.prefetchDepth, (budget - workers * scratchByteCount) / slotByteCount - 1)
  }

  /// Bytes in all.
  package var byteCount: Int { (prefetchDepth + 1) * slotByteCount + workers * scratchByteCount }
}
