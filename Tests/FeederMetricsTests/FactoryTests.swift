import FeederCore
import Foundation
import Testing

@testable import FeederMetrics

@Suite("A line's figures: escapes, false calls, their bounds, and thresholds that keep a target")
struct FactoryTests {
  private static func box(_ x: Double, _ side: Double = 20) -> Box { Box(x1: x, y1: 10, x2: x + side, y2: 10 + side) }

  @Test("Bounds are Clopper's and Pearson's")
  func bounds() {
    // From R: binom.test(k, n)$conf.int.
    for (count, total, lower, upper) in [
      (0, 100, 0.0, 0.03621669), (5, 100, 0.01643187, 0.1128349), (100, 100, 0.9637833, 1.0),
      (1, 10, 0.002528579, 0.4450161),
      (50, 100, 0.3983211, 0.6016789), (3, 1000, 0.0006190, 0.008742),
    ] {
      let bounds = BinomialBounds(count, of: total)
      #expect(abs(bounds.lower - lower) < 2e-6 && abs(bounds.upper - upper) < 2e-6, "\(bounds)")
    }
    let nothing = BinomialBounds(0, of: 0)
    #expect(nothing.lower == 0 && nothing.upper == 1 && nothing.share == 0)
    // The rule of three: nearly 3 / n, one-sided.
    #expect(BinomialBounds(0, of: 300, confidence: 0.9).upper < 3.0 / 300)
    for x in [0.1, 0.5, 0.9] { #expect(abs(BinomialBounds.regularizedBeta(x, 1, 1) - x) < 1e-12) }
  }

  @Test("A board escapes with one missed defect, and a call beside every defect is false")
  func boards() {
    let truth = GroundTruth(box: Self.box(100), classID: 0)
    let good = Detection(box: Self.box(102), classID: 1, score: 0.6)
    let wrong = Detection(box: Self.box(300), classID: 0, score: 0.4)
    let results = [
      ImageResult(imageID: "a", detections: [good, wrong], truths: [truth]),
      ImageResult(imageID: "b", detections: [good], truths: [truth, GroundTruth(box: Self.box(400), classID: 0)]),
      ImageResult(imageID: "c", detections: [wrong, wrong], truths: []),
    ]
    let low = BoardCount(results, thresholds: [0, 0])
    #expect(low.boardCount == 3 && low.defectiveCount == 2 && low.escapeCount == 1)
    #expect(low.falselyCalledCount == 2 && low.falseCallCount == 3 && low.defectCount == 3 && low.missedCount == 1)
    #expect(low.cost(ofEscape: 30, ofFalseCall: 1) == 11)
    let high = BoardCount(results, thresholds: [0.5, 0.7])
    #expect(high.escapeCount == 2 && high.falseCallCount == 0)
  }

  /// 400 boards with one defect each, found with scores 0.01, 0.02, ... 1 in turn, and one false call of score 0.3.
  private static func line() -> [ImageResult] {
    (0..<400).map { number in
      let score = Double(number / 2 % 100 + 1) / 100
      return ImageResult(
        imageID: "\(number)",
        detections: [
          Detection(box: box(50), classID: 0, score: score), Detection(box: box(200), classID: 0, score: 0.3),
        ], truths: [GroundTruth(box: box(50), classID: 0)])
    }
  }

  @Test("Thresholds keep the target on one half, and give the same on an equal half")
  func target() throws {
    let accuracy = FactoryAccuracy(results: Self.line(), classCount: 2, targetEscapeShare: 0.1)
    let point = try #require(accuracy.atTarget)
    #expect(point.solved.escapes.share <= 0.1 && point.tested.escapes.share == point.solved.escapes.share)
    #expect(point.thresholds[0] <= 0.11 && point.thresholds[1] == 0.5)
    // To avoid all false calls, 30 % of the defects must be missed.
    #expect(point.solved.falseCallCount == 200)
    #expect(accuracy.cheapest(escape: 1, falseCall: 100)?.solved.falseCallCount == 0)
    #expect(accuracy.cheapest(escape: 100, falseCall: 1)?.solved.escapeCount == 0)
    #expect(accuracy.leastEscapeShare == 0)
    let escapes = accuracy.curve.map(\.solved.escapeCount)
    #expect(escapes == escapes.sorted())
  }

  @Test("A defect that nothing covers escapes at any threshold, and the target is then out of reach")
  func unreachable() {
    var results = Self.line()
    for index in results.indices where index % 20 < 2 { results[index].detections = [] }
    let accuracy = FactoryAccuracy(results: results, classCount: 1, targetEscapeShare: 0.05)
    #expect(accuracy.atTarget == nil && accuracy.leastEscapeShare == 0.1)
  }
}
