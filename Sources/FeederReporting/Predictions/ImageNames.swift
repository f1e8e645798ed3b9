import Foundation

/// Finds images of a split by name, or by number if the name consists of digits.
struct ImageNames {
  private let names: Set<String>
  private let byNumber: [Int: [String]]

  init(_ imageIDs: some Sequence<String>) {
    names = Set(imageIDs)
    byNumber = Dictionary(grouping: names.filter { Self.number($0) != nil }) { Self.number($0) ?? -1 }
  }

  /// The image of an entry: by its id, else by its file name, else by its id as a number. Throws
  /// `PredictionEntry.Problem`.
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

  /// The value of a name that consists of digits; nil for any other name.
  private static func number(_ name: String) -> Int? {
    !name.isEmpty && name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int(name) : nil
  }

  private static func stem(_ path: String) -> String {
    // Windows separates folders by backslashes.
    URL(filePath: path.replacing("\\", with: "/")).deletingPathExtension().lastPathComponent
  }

  /// A hint for likely mistakes: a file name or path instead of the bare name, or other upper and lower case.
  private func hint(_ text: String) -> String {
    let stem = Self.stem(text)
    if names.contains(stem), stem != text { return "; there is '\(stem)': give the name without folder and ending" }
    let wanted: Set = [text.lowercased(), stem.lowercased()]
    let found = names.filter { wanted.contains($0.lowercased()) }.min()
    return found.map { "; there is '\($0)': give the name in its own case, without folder and ending" } ?? ""
  }
}
