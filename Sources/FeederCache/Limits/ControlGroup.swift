import Foundation

/// A Linux control group, version 2 or 1, that this process belongs to.
struct ControlGroup {
  /// The folder of the group's files.
  let folder: String
  /// True for version 2, whose files have other names.
  let isUnified: Bool

  /// This process's groups that `controller` (memory, cpu) may limit: the outermost, then the others from the innermost
  /// out. `root` is a prefix of all paths, for tests.
  static func groups(of controller: String, root: String) -> [ControlGroup] {
    guard let text = try? String(contentsOfFile: root + "/proc/self/cgroup", encoding: .utf8) else { return [] }
    return text.split(separator: "\n").flatMap { line -> [ControlGroup] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      let isUnified = parts[0] == "0" && parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains(Substring(controller)) else { return [] }
      let base = root + "/sys/fs/cgroup" + (isUnified ? "" : "/" + controller)
      // Inside a container the path may be the host's. Then the mount itself is the group.
      var names = parts[2].split(separator: "/")[...]
      var folders = [base]
      while !names.isEmpty {
        folders.append(base + "/" + names.joined(separator: "/"))
        names = names.dropLast()
      }
      return folders.map { ControlGroup(folder: $0, isUnified: isUnified) }
    }
  }

  /// The text of the group's file `name`; nil if the file is missing.
  func text(_ name: String) -> String? {
    (try? String(contentsOfFile: folder + "/" + name, encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The number in the group's file `name`; nil if there is none or it is negative.
  func number(_ name: String) -> Int? { text(name).flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } }
}
