import FeederCore
import Foundation

/// How much memory a process may still use here: what the machine has available, or less where a control group says so.
///
/// Memory that holds files and can be dropped counts as available, as in the kernel's own MemAvailable.
package struct MemoryLimit: Sendable, Equatable {
  /// Bytes that could be used.
  package let available: Int
  /// True where a control group and not the machine sets the limit.
  package let isGroup: Bool

  /// Largest default of `--memory`: more than enough for any prefetch depth that was of use.
  private static let largestBudget = 2 << 30
  /// Smallest default: one worker and a few batches.
  private static let smallestBudget = 64 << 20
  /// What is believed where the system tells nothing.
  private static let unknown = 8 << 30

  /// Asks /proc/meminfo and the control groups (version 2 or 1) of this process and of all above it. `root` stands before
  /// all paths, for tests.
  package init(root: String = "") {
    let machine = Self.machine(root) ?? Self.unknown
    let groups = Self.groups(root).compactMap { Self.group($0) }
    let smallest = groups.min() ?? .max
    available = max(min(machine, smallest), 0)
    isGroup = smallest < machine
  }

  /// The default of `--memory`: a quarter of what is available, from 64 MiB to 2 GiB, in whole MiB.
  package var defaultBudget: Int {
    let budget = min(max(available / 4, Self.smallestBudget), Self.largestBudget)
    return budget - budget % (1 << 20)
  }

  /// The default and its reason in one line, for people.
  package var line: String {
    let place = isGroup ? "in this control group" : "on this machine"
    return "memory: \(ByteCount(defaultBudget)) (a quarter of the \(ByteCount(available)) available \(place), at most "
      + "\(ByteCount(Self.largestBudget)); --memory sets another)"
  }

  private static func machine(_ root: String) -> Int? {
    fields(root + "/proc/meminfo")["MemAvailable:"].flatMap { kibibytes in
      let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
      return overflow ? nil : bytes
    }
  }

  /// The files of one control group: its limit, its use, and where the droppable part of the use stands.
  private struct Group {
    let limit: String
    let use: String
    let statistics: String
    let droppable: [String]
  }

  /// The memory groups of this process, and those above them.
  private static func groups(_ root: String) -> [Group] {
    guard let text = text(root + "/proc/self/cgroup") else { return [] }
    return text.split(separator: "\n").flatMap { line -> [Group] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      let isUnified = parts[0] == "0" && parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains("memory") else { return [] }
      let base = root + "/sys/fs/cgroup" + (isUnified ? "" : "/memory")
      // Inside a container the path may be the host's; then the mount itself is the group.
      var names = parts[2].split(separator: "/")[...]
      var folders = [base]
      while !names.isEmpty {
        folders.append(base + "/" + names.joined(separator: "/"))
        names = names.dropLast()
      }
      return folders.map { folder in
        isUnified
          ? Group(
            limit: folder + "/memory.max", use: folder + "/memory.current", statistics: folder + "/memory.stat",
            droppable: ["inactive_file", "active_file"])
          : Group(
            limit: folder + "/memory.limit_in_bytes", use: folder + "/memory.usage_in_bytes",
            statistics: folder + "/memory.stat", droppable: ["total_inactive_file", "total_active_file"])
      }
    }
  }

  /// Bytes that a group leaves; nil where it sets no limit.
  private static func group(_ group: Group) -> Int? {
    guard let limit = number(group.limit), let use = number(group.use) else { return nil }
    let statistics = fields(group.statistics)
    let droppable = group.droppable.reduce(0) { $0 + min(max(statistics[$1] ?? 0, 0), use) }
    return limit - max(use - droppable, 0)
  }

  private static func number(_ path: String) -> Int? {
    text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// The lines `NAME NUMBER` of a file.
  private static func fields(_ path: String) -> [String: Int] {
    var fields: [String: Int] = [:]
    for line in (text(path) ?? "").split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      if words.count >= 2, let number = Int(words[1]) { fields[String(words[0])] = number }
    }
    return fields
  }

  private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
