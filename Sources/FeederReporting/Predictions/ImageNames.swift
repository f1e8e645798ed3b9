import Foundation

/// The images of a split by name, and by number for names that are one.
struct ImageNames {
  private let names: Set<String>
  private let byNumber: [Int: [String]]

  init(_ imageIDs: some Sequence<String>) {
    names = Set(imageIDs)
    byNumber = Dictionary(grouping: names.filter { Self.number($0) != nil }) { Self.number($0) ?? -1 }
  }

  /// The image of an entry: by its id, by its file name, or by its id as a number, in this order. Throws `PredictionEntry.Problem`.
  func find(_ entry: PredictionEntry) throws -> String {
    let id =
      switch entry.imageID {
      case .text(let text): text
      case .number(let number): "\(number)"
      }
    if names.contains(id) { return id }
    if let stem = entry.fileName.map(Self.stem), names.contains(stem) { return stem }
    let candidates = Self.number(id).flatMap { byNumber[$0] } ?? []
    if let only = candidates.first, candidates.count == 1 { return only }
    guard candidates.isEmpty else {
      throw PredictionEntry.Problem("image \(id) may be any of \(candidates.sorted().joined(separator: ", "))")
    }
    switch entry.imageID {
    case .text: throw PredictionEntry.Problem("no image '\(id)' in this split\(hint(id))")
    case .number: throw PredictionEntry.Problem("no image \(id) in this split")
    }
  }

  /// The number that a name of digits is; nil for any other name.
  private static func number(_ name: String) -> Int? {
    !name.isEmpty && name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int(name) : nil
  }

  private static func stem(_ path: String) -> String {
    // A backslash parts folders on Windows.
    URL(filePath: path.replacing("\\", with: "/")).deletingPathExtension().lastPathComponent
  }

  /// The likely mistake: a file name or a path in the place of a name without ending, or another case.
  private func hint(_ text: String) -> String {
    let stem = Self.stem(text)
    if names.contains(stem), stem != text { return "; there is '\(stem)': give the name without folder and ending" }
    let wanted: Set = [text.lowercased(), stem.lowercased()]
    let found = names.filter { wanted.contains($0.lowercased()) }.min()
    return found.map { "; there is '\($0)': give the name in its own case, without folder and ending" } ?? ""
  }
}
