/// What the tuner may move: how many workers fill images, and how many batches lie ready or in work ahead.
package struct TuningSetting: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Threads that read, decode and augment.
  package var workers: Int
  /// Batches beside the one the consumer holds.
  package var prefetchDepth: Int

  /// A setting by its two numbers.
  package init(workers: Int, prefetchDepth: Int) {
    self.workers = workers
    self.prefetchDepth = prefetchDepth
  }

  /// As people read it: `3 workers, depth 4`.
  package var description: String {
    "\(workers) \(workers == 1 ? "worker" : "workers"), depth \(prefetchDepth)"
  }
}

/// Within what the tuner must stay; fixed for the life of a loader.
package struct TuningLimits: Sendable, Equatable {
  /// Images a batch.
  package var batch: Int
  /// Workers from the fewest to the most; one number where the user pinned it.
  package var workers: ClosedRange<Int>
  /// Prefetch depths from the shallowest to the deepest; one number where the user pinned it.
  package var prefetchDepth: ClosedRange<Int>
  /// Bytes of a slot.
  package var slotByteCount: Int
  /// Bytes of one worker's scratch.
  package var scratchByteCount: Int
  /// Bytes that slots and scratch may take together; nil sets no limit.
  package var byteBudget: Int?

  /// Limits by their fields. 64 is the deepest depth by default: beyond it a stall is one of speed, not of variation.
  package init(
    batch: Int, workers: ClosedRange<Int>, prefetchDepth: ClosedRange<Int> = 1...64, slotByteCount: Int,
    scratchByteCount: Int, byteBudget: Int? = nil
  ) {
    precondition(batch > 0 && workers.lowerBound > 0 && prefetchDepth.lowerBound > 0, "a loader has work to do")
    self.batch = batch
    self.workers = workers
    self.prefetchDepth = prefetchDepth
    self.slotByteCount = slotByteCount
    self.scratchByteCount = scratchByteCount
    self.byteBudget = byteBudget
  }

  /// Bytes that a setting holds: one slot more than its depth, and each worker's scratch.
  package func byteCount(_ setting: TuningSetting) -> Int {
    (setting.prefetchDepth + 1) * slotByteCount + setting.workers * scratchByteCount
  }

  /// True where the setting keeps within the budget.
  package func fits(_ setting: TuningSetting) -> Bool { byteBudget.map { byteCount(setting) <= $0 } ?? true }

  /// The deepest depth that the budget leaves beside `count` workers; nil where not even the shallowest fits.
  package func deepest(workers count: Int) -> Int? {
    guard let byteBudget else { return prefetchDepth.upperBound }
    let depth = (byteBudget - count * scratchByteCount) / max(slotByteCount, 1) - 1
    return depth < prefetchDepth.lowerBound ? nil : min(depth, prefetchDepth.upperBound)
  }

  /// The shallowest depth that is worth choosing: 2, since with one batch ahead the loader and the consumer take turns and every
  /// hiccup is the consumer's; up to 4 where slots are cheap, a thirty-second of the budget in all.
  package var leastUsefulDepth: Int {
    let cheap = byteBudget.map { $0 / 32 / max(slotByteCount, 1) - 1 } ?? 0
    return min(max(prefetchDepth.lowerBound, min(max(cheap, 2), 4)), prefetchDepth.upperBound)
  }

  /// The most workers that the budget leaves beside the shallowest depth, and never fewer than the fewest.
  package var mostWorkers: Int {
    guard let byteBudget, scratchByteCount > 0 else { return workers.upperBound }
    let affordable = (byteBudget - (prefetchDepth.lowerBound + 1) * slotByteCount) / scratchByteCount
    return min(max(affordable, workers.lowerBound), workers.upperBound)
  }

  /// The nearest setting inside the limits: workers first, then as much of the depth as the budget leaves.
  package func clamped(_ setting: TuningSetting) -> TuningSetting {
    let count = min(max(setting.workers, workers.lowerBound), mostWorkers)
    let depth = min(setting.prefetchDepth, deepest(workers: count) ?? prefetchDepth.lowerBound)
    return TuningSetting(workers: count, prefetchDepth: max(depth, prefetchDepth.lowerBound))
  }

  /// Where a run begins that has learned nothing: all workers, since nothing else wants the cores before the first batch,
  /// and depth 8, which moves as evidence comes.
  package var coldStart: TuningSetting { clamped(TuningSetting(workers: workers.upperBound, prefetchDepth: 8)) }
}
