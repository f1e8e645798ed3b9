/// Counts of detected against real classes. Rows are detected classes, columns real ones; the last of each is
/// background.
///
/// As in YOLO tools: detections of at least confidence 0.25, and an overlap above 0.45 for any class. Pairs with the
/// largest overlap are taken first, and every detection and box is in one pair at most.
package struct ConfusionMatrix: Sendable, Equatable {
  /// Number of classes; background is the next index.
  package let classCount: Int
  /// Counts, row by row: (`classCount` + 1) x (`classCount` + 1).
  package private(set) var counts: [Int]

  /// Least confidence of a detection.
  package static let confidence = 0.25
  /// The overlap that a pair must exceed.
  package static let overlap = 0.45

  /// Counts over `results`. Classes beyond `classCount` are left out.
  package init(results: [ImageResult], classCount: Int) {
    self.classCount = classCount
    counts = [Int](repeating: 0, count: (classCount + 1) * (classCount + 1))
    for result in results { add(result) }
  }

  /// Number of pairs of detected class `claimed` and real class `real`. `classCount` means background for both.
  package subscript(claimed claimed: Int, real real: Int) -> Int {
    counts[claimed * (classCount + 1) + real]
  }

  /// Each count as a share of its column; 0 in empty columns.
  package var normalized: [Double] {
    let side = classCount + 1
    let sums = (0..<side).map { column in (0..<side).reduce(0) { $0 + counts[$1 * side + column] } }
    return counts.indices.map { sums[$0 % side] == 0 ? 0 : Double(counts[$0]) / Double(sums[$0 % side]) }
  }

  private mutating func count(_ claimed: Int, _ real: Int) { counts[claimed * (classCount + 1) + real] += 1 }

  private mutating func add(_ result: ImageResult) {
    let known = 0..<classCount
    let claims = result.detections.filter { $0.score >= Self.confidence && known.contains($0.classID) }
    let truths = result.truths.filter { known.contains($0.classID) }
    var pairs: [(overlap: Double, claim: Int, truth: Int)] = []
    for (t, truth) in truths.enumerated() {
      for (c, claim) in claims.enumerated() {
        let overlap = claim.box.overlap(with: truth.box, epsilon: 1e-7)
        if overlap > Self.overlap { pairs.append((overlap, c, t)) }
      }
    }
    var claimed = [Bool](repeating: false, count: claims.count)
    var found = [Bool](repeating: false, count: truths.count)
    // Equal overlaps keep their order: by box, then by detection.
    for pair in pairs.enumerated().sorted(by: { ($1.element.overlap, $0.offset) < ($0.element.overlap, $1.offset) })
      .map(\.element)
    where !claimed[pair.claim] && !found[pair.truth] {
      claimed[pair.claim] = true
      found[pair.truth] = true
      count(claims[pair.claim].classID, truths[pair.truth].classID)
    }
    for (c, claim) in claims.enumerated() where !claimed[c] { count(claim.classID, classCount) }
    for (t, truth) in truths.enumerated() where !found[t] { count(classCount, truth.classID) }
  }
}
