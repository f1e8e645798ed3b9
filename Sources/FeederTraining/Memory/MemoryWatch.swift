import FeederCore

/// Compares a plan with the growth of the process since the watch began, which is just before the model is made.
package final class MemoryWatch {
  /// The plan.
  package let plan: MemoryPlan
  private let peakBefore = HostMemory.peakBytes
  private var isTold = false

  /// Begins to watch.
  package init(_ plan: MemoryPlan) { self.plan = plan }

  /// Growth of VmHWM in bytes since the watch began.
  package var growthByteCount: Int { max(HostMemory.peakBytes - peakBefore, 0) }

  /// Growth and plan in one line, at the first call; then nil.
  var lineOnce: String? {
    defer { isTold = true }
    guard !isTold else { return nil }
    return "memory: grew by \(ByteCount(growthByteCount)) since before the model was made; planned: "
      + "\(ByteCount(plan.growthByteCount))"
  }
}
