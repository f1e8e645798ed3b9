import FeederCore

/// A detector as an inspection line sees it: thresholds solved on one half of the boards, and counted on the other.
///
/// One number, the share of its defects that each class may miss, gives every class its threshold: the highest score that keeps
/// the class within that share on the first half. So classes that the network sees less surely get lower thresholds.
package struct FactoryAccuracy: Sendable {
  /// Thresholds, and what they come to.
  package struct Point: Sendable {
    /// Share of each class's defects that the thresholds give up on the first half.
    package let missShare: Double
    /// Thresholds by class.
    package let thresholds: [Double]
    /// The boards that the thresholds were solved on.
    package let solved: BoardCount
    /// The others.
    package let tested: BoardCount
  }

  /// Points by rising miss share: from finding what can be found to giving up a third.
  package let curve: [Point]
  /// The point with the fewest false calls whose escapes on the first half are within the target; nil where none is.
  package let atTarget: Point?
  /// Least share of escapes that the first half allows: defects that no detection covers escape at any threshold.
  package let leastEscapeShare: Double

  /// Largest miss share that is tried.
  private static let most = 1.0 / 3
  private static let pointCount = 64

  /// Solves for at most `targetEscapeShare` of the defective boards. The first half are the boards at even places.
  package init(results: [ImageResult], classCount: Int, targetEscapeShare: Double) {
    let first = results.indices.filter { $0 % 2 == 0 }.map { results[$0] }
    let second = results.indices.filter { $0 % 2 == 1 }.map { results[$0] }
    let scores = Self.findingScores(first, classCount: classCount)
    curve = (0..<Self.pointCount).map { step in
      // Finer where few are missed: that is where a line works.
      let share = Self.most * Double(step * step) / Double((Self.pointCount - 1) * (Self.pointCount - 1))
      let thresholds = scores.map { Self.threshold($0, missShare: share) }
      return Point(
        missShare: share, thresholds: thresholds, solved: BoardCount(first, thresholds: thresholds),
        tested: BoardCount(second, thresholds: thresholds))
    }
    leastEscapeShare = curve.map(\.solved.escapes.share).min() ?? 0
    atTarget = curve.filter { $0.solved.escapes.share <= targetEscapeShare }
      .min { ($0.solved.falseCallCount, -$0.missShare) < ($1.solved.falseCallCount, -$1.missShare) }
  }

  /// The point of least cost on the first half.
  package func cheapest(escape: Double, falseCall: Double) -> Point? {
    curve.min {
      $0.solved.cost(ofEscape: escape, ofFalseCall: falseCall)
        < $1.solved.cost(ofEscape: escape, ofFalseCall: falseCall)
    }
  }

  /// By class the highest score with which a detection of the class covers each of its defects, rising; one that is never covered
  /// is left out.
  private static func findingScores(_ results: [ImageResult], classCount: Int) -> [[Double]] {
    var scores = [[Double]](repeating: [], count: classCount)
    for result in results {
      for truth in result.truths {
        let best = result.detections
          .filter { $0.classID == truth.classID && $0.box.overlap(with: truth.box, epsilon: 0) >= BoardCount.overlap }
          .map(\.score).max()
        if let best, !best.isNaN { scores[truth.classID].append(best) }
      }
    }
    return scores.map { $0.sorted() }
  }

  /// The score that gives up `missShare` of the defects that can be found; 0.5 for a class without any, which nothing can be said of.
  private static func threshold(_ scores: [Double], missShare: Double) -> Double {
    guard !scores.isEmpty else { return 0.5 }
    return scores[min(Int((Double(scores.count) * missShare).rounded(.down)), scores.count - 1)]
  }
}
