import Foundation

/// How many processor cores a process may use here: those that the scheduler gives it, or less where a control group says so.
package struct CoreLimit: Sendable, Equatable {
  /// Cores that the scheduler may run this process on.
  package let coreCount: Int
  /// Cores' worth of time that the tightest control group grants (`docker run --cpus`, a pod's limit); nil without a limit.
  package let quota: Double?

  /// The limits of this process as they were when first asked.
  package static let current = CoreLimit()

  /// Asks the scheduler and the control groups (version 2 or 1) of this process and of all above it. `root` stands before all
  /// paths and `coreCount` replaces the scheduler's answer, for tests.
  package init(root: String = "", coreCount: Int = ProcessInfo.processInfo.activeProcessorCount) {
    self.coreCount = max(coreCount, 1)
    quota = ControlGroup.groups(of: "cpu", root: root).compactMap { Self.quota($0) }.min()
  }

  /// Threads that can run at once without being stopped by the limit: at least 1. Half a core counts as a whole one.
  package var usable: Int {
    guard let quota, quota < Double(coreCount) else { return coreCount }
    return max(Int(quota.rounded(.up)), 1)
  }

  /// Microseconds of processor time that the group gets, over the period that they are for.
  private static func quota(_ group: ControlGroup) -> Double? {
    var (time, period): (Int?, Int?)
    if group.isUnified {
      let words = (group.text("cpu.max") ?? "").split(separator: " ")
      guard words.count == 2 else { return nil }
      (time, period) = (Int(words[0]), Int(words[1]))
    } else {
      (time, period) = (group.number("cpu.cfs_quota_us"), group.number("cpu.cfs_period_us"))
    }
    guard let time, let period, time > 0, period > 0 else { return nil }
    return Double(time) / Double(period)
  }
}
