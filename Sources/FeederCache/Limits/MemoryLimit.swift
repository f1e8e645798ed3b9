import FeederCore
import Foundation

/// How much memory a process may still use here: what the machine has available, or less if a control group or a limit of the process
/// itself says so.
///
/// Memory that holds files and can be dropped counts as available, as in the kernel's own MemAvailable.
package struct MemoryLimit: Sendable, Equatable {
  /// Bytes that could be used.
  package let available: Int
  /// Who sets the limit.
  package let bound: Bound

  /// Who may set a limit.
  package enum Bound: Sendable, Equatable {
    case machine
    case controlGroup
    /// The process's own limit of this name.
    case process(String)
  }

  /// True if a control group sets the limit.
  package var isGroup: Bool { bound == .controlGroup }

  /// Largest default of `--memory`: more than enough for any prefetch depth that was of use.
  private static let largestBudget = 2 << 30
  /// Smallest default: one worker and a few batches.
  private static let smallestBudget = 64 << 20
  /// What is believed where the system tells nothing.
  private static let unknown = 8 << 30

  /// Asks /proc/meminfo, the control groups (version 2 or 1) of this process and of all above it, and the limits of the process. `root`
  /// stands before all paths, and `limits` replaces the process's own, for tests.
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

  /// The default of the setting `memory`: a quarter of what is available, from 64 MiB to 2 GiB, in whole MiB.
  package var defaultBudget: Int {
    let budget = min(max(available / 4, Self.smallestBudget), Self.largestBudget)
    return budget - budget % (1 << 20)
  }

  /// The default and its reason in one line, for people.
  package var line: SettingLine {
    "memory: \(ByteCount(defaultBudget)) (a quarter of the \(ByteCount(available)) available \(place), at most "
      + "\(ByteCount(Self.largestBudget)); \(setting: "memory") sets another)"
  }

  /// What `available` is available in, for people.
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

  /// Bytes that a group leaves; nil where it sets no limit.
  private static func left(in group: ControlGroup) -> Int? {
    let (limit, use) =
      group.isUnified ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
    guard let limit = group.number(limit), let use = group.number(use) else { return nil }
    let statistics = fields(group.text("memory.stat"))
    let names = group.isUnified ? ["inactive_file", "active_file"] : ["total_inactive_file", "total_active_file"]
    let droppable = names.reduce(0) { $0 + min(max(statistics[$1] ?? 0, 0), use) }
    return limit - max(use - droppable, 0)
  }

  /// The lines `NAME NUMBER` of a file's text.
  private static func fields(_ text: String?) -> [String: Int] {
    var fields: [String: Int] = [:]
    for line in (text ?? "").split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      if words.count >= 2, let number = Int(words[1]) { fields[String(words[0])] = number }
    }
    return fields
  }
}
