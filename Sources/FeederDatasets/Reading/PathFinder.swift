import Foundation

/// Paths as texts.
package enum PathText {
  /// The folder of a path.
  package static func folder(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
  }

  /// An absolute path without `.`, `..` and empty components; links are not followed.
  static func standard(_ path: String) -> String {
    guard path.contains("/.") || path.contains("//") else { return path }
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// True if there is something at a path, a link to nothing included.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}

/// Looks for paths that were written elsewhere: below several folders, and without their first components.
struct PathFinder {
  /// Where a path was found.
  struct Match: Equatable {
    /// The folder that it is relative to; empty for an absolute path.
    let base: String
    /// How many of its first components do not count.
    let dropCount: Int
  }

  /// The folders to look below, the best first.
  let bases: [String]
  /// Paths with more components than that are nobody's.
  private static let mostParts = 64
  private var last = Match(base: "", dropCount: 0)

  /// Looks below `bases`, which may name a folder twice.
  init(bases: [String]) {
    var unique: [String] = []
    for base in bases where !unique.contains(base) { unique.append(base) }
    self.bases = unique
    last = Match(base: unique.first ?? "", dropCount: 0)
  }

  /// The file that `name` leads to, and how; nil if there is none. The whole name is tried
  /// first, then what served for the name before.
  mutating func find(_ name: String) -> (path: String, match: Match)? {
    if let found = find(exactly: name) { return found }
    // A backslash is a letter of a name here, and parts folders on Windows.
    return name.contains("\\") ? find(exactly: name.replacing("\\", with: "/")) : nil
  }

  private mutating func find(exactly name: String) -> (path: String, match: Match)? {
    func path(_ match: Match) -> String? { Self.path(name, match).flatMap { PathText.exists($0) ? $0 : nil } }
    let whole = name.hasPrefix("/") ? [Match(base: "", dropCount: 0)] : bases.map { Match(base: $0, dropCount: 0) }
    for match in whole + [last] {
      if let path = path(match) { return (path, match) }
    }
    let partCount = min(name.split(separator: "/").count, Self.mostParts)
    for count in 1..<max(partCount, 2) {
      for base in bases {
        let match = Match(base: base, dropCount: count)
        guard let path = path(match) else { continue }
        last = match
        return (path, match)
      }
    }
    return nil
  }

  /// Where `name` would be if it were there.
  func place(of name: String) -> String {
    Self.path(name, last) ?? Self.path(name, Match(base: bases[0], dropCount: 0)) ?? name
  }

  private static func path(_ name: String, _ match: Match) -> String? {
    if match.base.isEmpty { return name.hasPrefix("/") ? PathText.standard(name) : nil }
    if match.dropCount == 0 { return name.hasPrefix("/") ? nil : PathText.standard(match.base + "/" + name) }
    let parts = name.split(separator: "/")
    guard parts.count > match.dropCount else { return nil }
    return PathText.standard(match.base + "/" + parts.dropFirst(match.dropCount).joined(separator: "/"))
  }
}
