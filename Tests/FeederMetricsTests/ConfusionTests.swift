import FeederCore
import FeederMetrics
import Testing

@Suite("The confusion matrix, and the worst images")
struct ConfusionTests {
  private func box(_ x: Double, _ side: Double = 10) -> Box { Box(x1: x, y1: 0, x2: x + side, y2: side) }

  private func result(
    _ claims: [(x: Double, classID: Int, score: Double)], _ truths: [(x: Double, classID: Int)], name: String = "a"
  ) -> ImageResult {
    ImageResult(
      imageID: name,
      detections: claims.map { Detection(box: box($0.x), classID: $0.classID, score: $0.score) },
      truths: truths.map { GroundTruth(box: box($0.x), classID: $0.classID) })
  }

  @Test("Right, confused, missed and invented boxes each count in their own field, once")
  func fields() {
    let matrix = ConfusionMatrix(
      results: [
        result([(0, 0, 0.9), (100, 1, 0.8), (300, 1, 0.7), (400, 0, 0.2)], [(0, 0), (101, 0), (200, 1)])
      ], classCount: 2)
    #expect(matrix[claimed: 0, real: 0] == 1)
    #expect(matrix[claimed: 1, real: 0] == 1, "another class at the same place")
    #expect(matrix[claimed: 2, real: 1] == 1, "nothing claimed at 200")
    #expect(matrix[claimed: 1, real: 2] == 1, "nothing there at 300")
    #expect(matrix.counts.reduce(0, +) == 4, "the unsure claim at 400 counts nowhere")
    #expect(matrix.normalized[0] == 0.5 && matrix.normalized[3] == 0.5)
  }

  @Test("Of two claims on one box the one of larger overlap has it, however sure the other is")
  func largestOverlap() {
    let matrix = ConfusionMatrix(results: [result([(2, 1, 0.99), (0, 0, 0.3)], [(0, 0)])], classCount: 2)
    #expect(matrix[claimed: 0, real: 0] == 1 && matrix[claimed: 1, real: 2] == 1)
  }

  @Test("An overlap of 0.45 or less is none")
  func smallOverlap() {
    // 10 x 10 boxes shifted by 4 share 60 of 140: 0.43. Shifted by 3 they share 70 of 130: 0.54.
    #expect(ConfusionMatrix(results: [result([(4, 0, 0.9)], [(0, 0)])], classCount: 1)[claimed: 0, real: 0] == 0)
    #expect(ConfusionMatrix(results: [result([(3, 0, 0.9)], [(0, 0)])], classCount: 1)[claimed: 0, real: 0] == 1)
  }

  @Test("Most missed come first, then most false calls, and clean images do not come")
  func worst() {
    let clean = result([(0, 0, 0.9)], [(0, 0)], name: "clean")
    let missed = result([], [(0, 0), (50, 0)], name: "missed")
    let calls = result([(0, 0, 0.9), (50, 1, 0.8), (90, 1, 0.8)], [(0, 0)], name: "calls")
    let twice = result([(0, 0, 0.9), (0, 0, 0.6)], [(0, 0)], name: "twice")
    let worst = ImageErrors.worst([clean, twice, calls, missed], confidence: 0.5, count: 10)
    #expect(worst.map(\.imageID) == ["missed", "calls", "twice"])
    #expect(worst[2].hits.map(\.score) == [0.9] && worst[2].falseCalls.map(\.score) == [0.6])
    #expect(ImageErrors.worst([clean, twice, calls, missed], confidence: 0.5, count: 1).count == 1)
  }

  @Test("Precision at a recall is the best that reaches it")
  func precisionAtRecall() throws {
    let curve = try #require(
      AccuracyCurves(results: [result([(0, 0, 0.9), (50, 0, 0.8), (100, 0, 0.7)], [(0, 0), (100, 0)])]).classes.first)
    let values = curve.precision(atRecalls: [0, 0.5, 0.9, 1])
    #expect(abs(values[0] - 1) < 0.01 && abs(values[3] - 2.0 / 3) < 0.01, "\(values)")
    #expect(AccuracyCurves(results: [result([], [(0, 0)])]).classes[0].precision(atRecalls: [0.1, 1]) == [0, 0])
  }
}
