import FeederMetrics
import Foundation

/// Escapes and false calls for `--factory`: lines for people, and a part of the JSON document.
package struct FactoryReport: Encodable {
  /// A share with its 95 % bounds.
  struct Share: Encodable {
    let count: Int
    let total: Int
    let share: Double
    let lower: Double
    let upper: Double

    init(_ bounds: BinomialBounds) {
      (count, total, share) = (bounds.count, bounds.total, bounds.share)
      (lower, upper) = (bounds.lower, bounds.upper)
    }

    /// As in "3 of 200 = 1.5 % (0.3 to 4.3)". For 0 it adds the largest share that is still possible.
    var line: String {
      func percent(_ value: Double) -> String { String(format: "%.1f", value * 100) }
      let text = "\(count) of \(total) = \(percent(share)) % (\(percent(lower)) to \(percent(upper)))"
      guard count == 0, total > 0 else { return text }
      return text + "; none in \(total) boards proves at most 3/\(total) = \(percent(min(3 / Double(total), 1))) %"
    }
  }

  /// One half of the boards.
  struct Half: Encodable {
    let boards: Int
    let defectiveBoards: Int
    let escapes: Share
    let falselyCalledBoards: Share
    let falseCalls: Int
    let falseCallsPerBoard: Double
    let missedDefects: Int
    let defects: Int
    let costPerBoard: Double?

    init(_ count: BoardCount, _ costs: (escape: Double, falseCall: Double)?) {
      (boards, defectiveBoards) = (count.boardCount, count.defectiveCount)
      (escapes, falselyCalledBoards) = (Share(count.escapes), Share(count.falselyCalled))
      falseCalls = count.falseCallCount
      falseCallsPerBoard = count.boardCount > 0 ? Double(count.falseCallCount) / Double(count.boardCount) : 0
      (missedDefects, defects) = (count.missedCount, count.defectCount)
      costPerBoard = costs.map { count.cost(ofEscape: $0.escape, ofFalseCall: $0.falseCall) }
    }
  }

  struct Threshold: Encodable {
    let name: String
    let threshold: Double
  }

  struct Point: Encodable {
    let missShare: Double
    let thresholds: [Threshold]
    let solved: Half
    let tested: Half
  }

  let targetEscapeShare: Double
  /// The lowest share of escapes that any threshold reaches on the first half.
  let leastEscapeShare: Double
  let atTarget: Point?
  let leastCost: Point?
  let curve: [Point]

  /// The report on `accuracy`. `costs` are per escape and per false call; nil if they are not known.
  package init(
    _ accuracy: FactoryAccuracy, classNames: [String], targetEscapeShare: Double,
    costs: (escape: Double, falseCall: Double)?
  ) {
    func point(_ point: FactoryAccuracy.Point) -> Point {
      Point(
        missShare: point.missShare,
        thresholds: zip(classNames, point.thresholds).map { Threshold(name: $0, threshold: $1) },
        solved: Half(point.solved, costs), tested: Half(point.tested, costs))
    }
    self.targetEscapeShare = targetEscapeShare
    leastEscapeShare = accuracy.leastEscapeShare
    atTarget = accuracy.atTarget.map(point)
    leastCost = costs.flatMap { accuracy.cheapest(escape: $0.escape, falseCall: $0.falseCall) }.map(point)
    curve = accuracy.curve.map(point)
  }

  /// The report for people.
  var lines: [String] {
    let target = String(format: "%g %%", targetEscapeShare * 100)
    var lines: [String] = []
    if let atTarget {
      lines.append("factory: thresholds for at most \(target) escapes, solved on every other board")
      lines += Self.lines(atTarget)
    } else {
      let least = String(format: "%.1f %%", leastEscapeShare * 100)
      lines.append(
        "factory: no thresholds keep escapes within \(target): \(least) of the defective boards hold a defect that no detection "
          + "covers; train longer, or give a larger --target-escape")
    }
    if let leastCost {
      lines.append("factory: thresholds of least cost, solved on the same boards")
      lines += Self.lines(leastCost)
    }
    return lines
  }

  private static func lines(_ point: Point) -> [String] {
    func half(_ name: String, _ half: Half) -> [String] {
      [
        "  \(name), escapes of defective boards: \(half.escapes.line)",
        "  \(name), boards with a false call: \(half.falselyCalledBoards.line); "
          + String(format: "%.2f false calls per board", half.falseCallsPerBoard)
          + (half.costPerBoard.map { String(format: "; cost %.3g per board", $0) } ?? ""),
      ]
    }
    let thresholds = point.thresholds.map { "\($0.name) " + String(format: "%.3f", $0.threshold) }
    return half("solved", point.solved) + half("tested", point.tested) + [
      "  thresholds: " + thresholds.joined(separator: ", ")
    ]
  }
}
