import FeederCore

/// The value of a detector for an inspection line: thresholds are solved on one half of the boards and tested on the
/// other.
///
/// One number sets all thresholds: the share of its defects that each class may miss. A class gets the highest score
/// that keeps it within this share on the first half, so a class with lower scores gets a lower threshold.
package struct FactoryAccuracy: Sendable {
  /// Thresholds and their results.
  package struct Point: Sendable {
    /// The share of each class's findable defects that the thresholds miss on the first half.
    package let missShare: Double
    /// One threshold per class.
    package let thresholds: [Double]
    /// Counts on the half on which the thresholds were solved.
    package let solved: BoardCount
    /// Counts on the other half.
    package let tested: BoardCount
  }

  /// Points by rising miss share, from 0 to one third.
  package let curve: [Point]
  /// The point with the fewest false calls among those with few enough escapes on the first half; nil if there is none.
  package let atTarget: Point?
  /// The least share of escapes on the first half. Defects that no detection covers escape at any threshold.
  package let leastEscapeShare: Double

  /// The largest miss share.
  private static let most = 1.0 / 3
  private static let pointCount = 64

  /// Solves for at most `targetEscapeShare` escapes among the boards with a defect. The first half are the results with
  /// even indices.
  package init(results: [ImageResult], classCount: Int, targetEscapeShare: Double) {
    let first = results.indices.filter { $0 % 2 == 0 }.map { results[$0] }
    let second = results.indices.filter { $0 % 2 == 1 }.map { results[$0] }
    let scores = Self.findingScores(first, classCount: classCount)
    curve = (0..<Self.pointCount).map { step in
      // The steps are finer at low miss shares, at which inspection lines work.
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

  /// The point with the least mean cost on the first half; `escape` and `falseCall` are the costs of one.
  package func cheapest(escape: Double, falseCall: Double) -> Point? {
    curve.min {
      $0.solved.cost(ofEscape: escape, ofFalseCall: falseCall)
        < $1.solved.cost(ofEscape: escape, ofFalseCall: falseCall)
    }
  }

  /// Per class, the highest score of a detection of the class on each of its defects, rising. Defects that no such
  /// detection covers are left out.
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

  /// The score that misses `missShare` of the findable defects. 0.5 for a class without any, for which there are no
  /// data.
  private static func threshold(_ scores: [Double], missShare: Double) -> Double {
    guard !scores.isEmpty else { return 0.5 }
    return scores[min(Int((Double(scores.count) * missShare).rounded(.down)), scores.count - 1)]
  }
}
