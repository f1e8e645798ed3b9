import Foundation

/// A control group of Linux, version 2 or 1, that this process is in.
struct ControlGroup {
  /// The folder of its files.
  let folder: String
  /// True for version 2, whose files have other names.
  let isUnified: Bool

  /// The groups of this process that `controller` (memory, cpu) could limit, and those above them, from the inside out after the
  /// outermost. `root` stands before all paths, for tests.
  static func groups(of controller: String, root: String) -> [ControlGroup] {
    guard let text = try? String(contentsOfFile: root + "/proc/self/cgroup", encoding: .utf8) else { return [] }
    return text.split(separator: "\n").flatMap { line -> [ControlGroup] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      let isUnified = parts[0] == "0" && parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains(Substring(controller)) else { return [] }
      let base = root + "/sys/fs/cgroup" + (isUnified ? "" : "/" + controller)
      // Inside a container the path may be the host's; then the mount itself is the group.
      var names = parts[2].split(separator: "/")[...]
      var folders = [base]
      while !names.isEmpty {
        folders.append(base + "/" + names.joined(separator: "/"))
        names = names.dropLast()
      }
      return folders.map { ControlGroup(folder: $0, isUnified: isUnified) }
    }
  }

  /// What the group's file `name` says; nil where it is missing.
  func text(_ name: String) -> String? {
    (try? String(contentsOfFile: folder + "/" + name, encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The number in the group's file `name`; nil where there is none, or a negative one.
  func number(_ name: String) -> Int? { text(name).flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } }
}
