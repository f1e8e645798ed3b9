import FeederTorch

/// Matches the rows of a head, one per class, between weights and a data set with other classes: by name.
struct ClassRows {
  /// For each class of the data, its row in the weights; nil if they do not have it.
  private let sources: [Int?]
  /// Which classes are known, and which start at random.
  let line: String

  /// The match of the classes of `file` with `classNames`; nil if both lists are equal, or if the file does not say its names.
  init?(of file: WeightsFile, for classNames: [String]) {
    guard let own = file.classNames, own.count == file.classCount, own != classNames else { return nil }
    let rows = Dictionary(own.enumerated().map { ($1, $0) }) { first, _ in first }
    sources = classNames.map { rows[$0] }
    let fresh = classNames.filter { rows[$0] == nil }
    let known = classNames.filter { rows[$0] != nil }
    line =
      "classes are matched by name: "
      + (known.isEmpty ? "no class is known" : "\(known.count) known (\(ClassMatch.list(known)))")
      + (fresh.isEmpty ? "" : ", \(fresh.count) at random (\(ClassMatch.list(fresh)))")
  }

  /// True if the rows of both shapes have the same size.
  static func fit(_ shape: [Int]?, _ other: [Int]) -> Bool {
    guard let shape, !shape.isEmpty, !other.isEmpty else { return false }
    return shape.dropFirst() == other.dropFirst()
  }

  /// Overwrites the rows of `target` whose classes are known by the rows of `source`; both have rows of the same size.
  func merge(_ source: Tensor, into target: Tensor) throws {
    let size = target.shape.dropFirst().reduce(1, *)
    let old = try source.array(of: Float.self)
    var rows = try target.array(of: Float.self)
    for (row, from) in sources.enumerated() {
      guard let from, (from + 1) * size <= old.count else { continue }
      rows.replaceSubrange(row * size..<(row + 1) * size, with: old[from * size..<(from + 1) * size])
    }
    try withoutGradients { try target.copy(from: Tensor(rows, shape: target.shape)) }
  }
}
