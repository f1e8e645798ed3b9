/// The two numbers that the tuner controls: the workers, and the prefetch depth.
package struct TuningSetting: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Threads that read, decode and augment.
  package var workers: Int
  /// Batches that are ready or in work, besides the one that the consumer holds.
  package var prefetchDepth: Int

  /// A setting from its two numbers.
  package init(workers: Int, prefetchDepth: Int) {
    self.workers = workers
    self.prefetchDepth = prefetchDepth
  }

  /// The setting as text: `3 workers, depth 4`.
  package var description: String {
    "\(workers) \(workers == 1 ? "worker" : "workers"), depth \(prefetchDepth)"
  }
}

/// The limits of the tuner, constant for the life of a loader.
package struct TuningLimits: Sendable, Equatable {
  /// Batch size in images.
  package var batch: Int
  /// The permitted workers; a range of one number if the user pinned it.
  package var workers: ClosedRange<Int>
  /// The permitted prefetch depths; a range of one number if the user pinned it.
  package var prefetchDepth: ClosedRange<Int>
  /// Bytes per slot.
  package var slotByteCount: Int
  /// Bytes of scratch per worker.
  package var scratchByteCount: Int
  /// The most bytes of slots and scratch together; nil for no limit.
  package var byteBudget: Int?

  /// Limits from their values. Beyond a depth of 64 a stall comes from speed, not from variation.
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

  /// Bytes of a setting: depth + 1 slots, and the scratch of each worker.
  package func byteCount(_ setting: TuningSetting) -> Int {
    (setting.prefetchDepth + 1) * slotByteCount + setting.workers * scratchByteCount
  }

  /// True if the setting is within the budget.
  package func fits(_ setting: TuningSetting) -> Bool { byteBudget.map { byteCount(setting) <= $0 } ?? true }

  /// The deepest depth within the budget beside `count` workers; nil if not even the shallowest fits.
  package func deepest(workers count: Int) -> Int? {
    guard let byteBudget else { return prefetchDepth.upperBound }
    let depth = (byteBudget - count * scratchByteCount) / max(slotByteCount, 1) - 1
    return depth < prefetchDepth.lowerBound ? nil : min(depth, prefetchDepth.upperBound)
  }

  /// The shallowest depth worth choosing, at least 2: with one batch ahead, loader and consumer take turns, and every
  /// delay stalls the consumer. Up to 4 if slots are cheap, at most 1/32 of the budget in total.
  package var leastUsefulDepth: Int {
    let cheap = byteBudget.map { $0 / 32 / max(slotByteCount, 1) - 1 } ?? 0
    return min(max(prefetchDepth.lowerBound, min(max(cheap, 2), 4)), prefetchDepth.upperBound)
  }

  /// The most workers within the budget beside the shallowest depth; at least the fewest permitted.
  package var mostWorkers: Int {
    guard let byteBudget, scratchByteCount > 0 else { return workers.upperBound }
    let affordable = (byteBudget - (prefetchDepth.lowerBound + 1) * slotByteCount) / scratchByteCount
    return min(max(affordable, workers.lowerBound), workers.upperBound)
  }

  /// The nearest setting within the limits. Workers are kept first, then as much depth as the budget allows.
  package func clamped(_ setting: TuningSetting) -> TuningSetting {
    let count = min(max(setting.workers, workers.lowerBound), mostWorkers)
    let depth = min(setting.prefetchDepth, deepest(workers: count) ?? prefetchDepth.lowerBound)
    return TuningSetting(workers: count, prefetchDepth: max(depth, prefetchDepth.lowerBound))
  }

  /// The start of a run that has learned nothing: all workers, because nothing else needs the cores before the first
  /// batch, and depth 8, which later evidence changes.
  package var coldStart: TuningSetting { clamped(TuningSetting(workers: workers.upperBound, prefetchDepth: 8)) }
}
