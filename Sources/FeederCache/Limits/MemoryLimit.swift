import FeederCore
import Foundation

/// The memory that this process may still use: what the machine has available, or less if a control group or a limit of
/// the process says so.
///
/// Memory that holds files and can be dropped counts as available, as in the kernel's MemAvailable.
package struct MemoryLimit: Sendable, Equatable {
  /// Bytes that may still be used.
  package let available: Int
  /// The limit that is the tightest.
  package let bound: Bound

  /// The source of a limit.
  package enum Bound: Sendable, Equatable {
    /// The machine's memory.
    case machine
    /// A control group.
    case controlGroup
    /// The process's own limit with this name.
    case process(String)
  }

  /// True if a control group is the tightest limit.
  package var isGroup: Bool { bound == .controlGroup }

  /// The largest default of `--memory`: more than any useful prefetch depth takes.
  private static let largestBudget = 2 << 30
  /// The smallest default: one worker and a few batches.
  private static let smallestBudget = 64 << 20
  /// The assumption if the system does not say.
  private static let unknown = 8 << 30

  /// Asks /proc/meminfo, all control groups of this process (version 2 or 1) and the limits of the process. For tests,
  /// `root` is a prefix of all paths and `limits` replaces the process's limits.
  package init(root: String = "", limits: [ProcessLimit] = ProcessLimit.all) {
    let machine = Self.machine(root) ?? Self.unknown
    let smallest = ControlGroup.groups(of: "memory", root: root).compactMap { Self.left(in: $0) }.min() ?? .max
    let shared = min(machine, smallest)
    let own = limits.min { $0.left < $1.left }
    if let own, own.left < shared {
      (available, bound) = (own.left, .process(own.name))
    } else {
      (available, bound) = (max(shared, 0), smallest < machine ? .controlGroup : .machine)
    }
  }

  /// The default of `--memory`: a quarter of `available`, from 64 MiB to 2 GiB, in whole MiB.
  package var defaultBudget: Int {
    let budget = min(max(available / 4, Self.smallestBudget), Self.largestBudget)
    return budget - budget % (1 << 20)
  }

  /// The default and its reason in one line.
  package var line: SettingLine {
    "memory: \(ByteCount(defaultBudget)) (a quarter of the \(ByteCount(available)) available \(place), at most "
      + "\(ByteCount(Self.largestBudget)); \(setting: "memory") sets another)"
  }

  /// The scope of `available`, in words that follow "available".
  package var place: String {
    switch bound {
    case .machine: "on this machine"
    case .controlGroup: "in this control group"
    case .process(let name): "under \(name)"
    }
  }

  private static func machine(_ root: String) -> Int? {
    fields(try? String(contentsOfFile: root + "/proc/meminfo", encoding: .utf8))["MemAvailable:"].flatMap { kibibytes in
      let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
      return overflow ? nil : bytes
    }
  }

  /// Bytes that a group leaves; nil if it sets no limit.
  private static func left(in group: ControlGroup) -> Int? {
    let (limit, use) =
      group.isUnified ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
    guard let limit = group.number(limit), let use = group.number(use) else { return nil }
    let statistics = fields(group.text("memory.stat"))
    let names = group.isUnified ? ["inactive_file", "active_file"] : ["total_inactive_file", "total_active_file"]
    let droppable = names.reduce(0) { $0 + min(max(statistics[$1] ?? 0, 0), use) }
    return limit - max(use - droppable, 0)
  }

  /// The numbers of all lines `NAME NUMBER`, by name.
  private static func fields(_ text: String?) -> [String: Int] {
    var fields: [String: Int] = [:]
    for line in (text ?? "").split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      if words.count >= 2, let number = Int(words[1]) { fields[String(words[0])] = number }
    }
    return fields
  }
}
