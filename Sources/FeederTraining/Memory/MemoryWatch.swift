import FeederCore

/// A plan beside what the process really grew by since the watch began, which is just before the model is made.
package final class MemoryWatch {
  /// What was planned.
  package let plan: MemoryPlan
  private let peakBefore = HostMemory.peakBytes
  private var isTold = false

  /// Begins to watch.
  package init(_ plan: MemoryPlan) { self.plan = plan }

  /// By how much VmHWM has grown since then.
  package var growthByteCount: Int { max(HostMemory.peakBytes - peakBefore, 0) }

  /// Growth and plan in one line; nil after the first time.
  var lineOnce: String? {
    defer { isTold = true }
    guard !isTold else { return nil }
    return "memory: grew by \(ByteCount(growthByteCount)) since before the model was made; planned were "
      + "\(ByteCount(plan.growthByteCount))"
  }
}
