import Foundation

/// The processor cores that this process may use: the scheduler's, or fewer if a control group limits them.
package struct CoreLimit: Sendable, Equatable {
  /// Cores on which the scheduler may run this process.
  package let coreCount: Int
  /// CPU time that the tightest control group grants, in cores (`docker run --cpus`, a pod's limit); nil without a
  /// limit.
  package let quota: Double?

  /// The limits of this process at the first use.
  package static let current = CoreLimit()

  /// Asks the scheduler and all control groups of this process (version 2 or 1). For tests, `root` is a prefix of all
  /// paths and `coreCount` replaces the scheduler's answer.
  package init(root: String = "", coreCount: Int = ProcessInfo.processInfo.activeProcessorCount) {
    self.coreCount = max(coreCount, 1)
    quota = ControlGroup.groups(of: "cpu", root: root).compactMap { Self.quota($0) }.min()
  }

  /// Threads that can run at the same time within the limit, at least 1. Part of a core counts as a whole one.
  package var usable: Int {
    guard let quota, quota < Double(coreCount) else { return coreCount }
    return max(Int(quota.rounded(.up)), 1)
  }

  /// The group's CPU time per period, both in microseconds, as a number of cores; nil without a limit.
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
