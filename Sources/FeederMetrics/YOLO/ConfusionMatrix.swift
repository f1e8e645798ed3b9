/// Which classes are taken for which: rows are claimed classes, columns real ones, and the last of each is background.
///
/// As YOLO users know it: claims of at least confidence 0.25 and an overlap above 0.45, whatever the class; pairs of the largest overlap
/// are taken first, and every claim and every box belongs to one pair at most.
package struct ConfusionMatrix: Sendable, Equatable {
  /// Classes; background is the one behind them.
  package let classCount: Int
  /// Counts, row by row: `(classCount + 1)` squared.
  package private(set) var counts: [Int]

  /// Least confidence of a claim.
  package static let confidence = 0.25
  /// An overlap has to be larger.
  package static let overlap = 0.45

  /// Counts over `results`; classes beyond `classCount` are left out.
  package init(results: [ImageResult], classCount: Int) {
    self.classCount = classCount
    counts = [Int](repeating: 0, count: (classCount + 1) * (classCount + 1))
    for result in results { add(result) }
  }

  /// Claims of class `claimed` where class `real` is; `classCount` stands for background on either side.
  package subscript(claimed claimed: Int, real real: Int) -> Int {
    counts[claimed * (classCount + 1) + real]
  }

  /// The share of each count in its column; 0 in columns without any.
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
    // Equal overlaps keep their order: boxes first, then claims.
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
