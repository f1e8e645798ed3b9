/// Precision and recall of one class over falling confidence, and their average precision.
package struct ClassCurve: Sendable {
  /// The class, counted from 0.
  package let classID: Int
  /// Boxes of this class in the labels, at least 1.
  package let labelCount: Int
  /// Average precision, one value per entry of `Matching.thresholds`.
  package let averagePrecision: [Double]
  /// Precision at overlap 0.5, one value per entry of `confidences`.
  package let precision: [Double]
  /// Recall at overlap 0.5, one value per entry of `confidences`.
  package let recall: [Double]

  /// The 1,000 confidences, 0 to 1, of `precision` and `recall`.
  package static let confidences = unitSpacing(1000)
  private static let recallPoints = unitSpacing(101)

  /// The F1 score, the harmonic mean of precision and recall, one value per entry of `confidences`.
  package var f1: [Double] {
    zip(precision, recall).map { 2 * $0 * $1 / ($0 + $1 + 1e-16) }
  }

  /// Per entry of `recalls`, which must rise, the largest precision at overlap 0.5 at any confidence that reaches the
  /// recall; 0 if none does.
  package func precision(atRecalls recalls: [Double]) -> [Double] {
    let points = zip(recall, precision).sorted { $0.0 < $1.0 }
    var best = 0.0
    var place = points.count - 1
    return recalls.reversed().map { wanted in
      while place >= 0, points[place].0 >= wanted {
        best = max(best, points[place].1)
        place -= 1
      }
      return best
    }.reversed()
  }

  /// The curve of a class with `labelCount` boxes, from its detections by falling score.
  ///
  /// `hits` are bits as from `Matching.hits`. Without detections all values are 0.
  init(classID: Int, labelCount: Int, scores: [Double], hits: [UInt16]) {
    precondition(labelCount > 0, "a class without boxes has no curve")
    precondition(scores.count == hits.count, "a curve needs a score for every detection")
    self.classID = classID
    self.labelCount = labelCount
    guard !scores.isEmpty else {
      averagePrecision = [Double](repeating: 0, count: Matching.thresholds.count)
      precision = [Double](repeating: 0, count: Self.confidences.count)
      recall = precision
      return
    }
    var averages: [Double] = []
    var sampled: (precision: [Double], recall: [Double]) = ([], [])
    for t in Matching.thresholds.indices {
      let (precision, recall) = Self.accumulate(hits, bit: UInt16(1) << UInt16(t), labelCount: labelCount)
      averages.append(Self.area(precision: precision, recall: recall))
      if t == 0 { sampled = Self.sample(scores: scores, precision: precision, recall: recall) }
    }
    averagePrecision = averages
    (precision, recall) = sampled
  }

  /// Precision and recall after each detection.
  private static func accumulate(
    _ hits: [UInt16], bit: UInt16, labelCount: Int
  ) -> (precision: [Double], recall: [Double]) {
    var right = 0
    var precision = [Double](repeating: 0, count: hits.count)
    var recall = precision
    for (index, hit) in hits.enumerated() {
      if hit & bit != 0 { right += 1 }
      precision[index] = Double(right) / Double(index + 1)
      recall[index] = Double(right) / Double(labelCount)
    }
    return (precision, recall)
  }

  /// The area under the falling envelope: 101 recalls, linear between points, by the trapezoid rule.
  private static func area(precision: [Double], recall: [Double]) -> Double {
    var envelope = [1] + precision + [0, 0]
    for index in stride(from: envelope.count - 2, through: 0, by: -1) {
      envelope[index] = max(envelope[index], envelope[index + 1])
    }
    let line = BrokenLine(x: [0] + recall + [recall[recall.count - 1], 1], y: envelope)
    let values = line.values(at: recallPoints)
    var sum = 0.0
    for index in 1..<values.count {
      sum += (recallPoints[index] - recallPoints[index - 1]) * (values[index] + values[index - 1]) / 2
    }
    return sum
  }

  /// Precision and recall at `confidences`. Above the top score, precision is 1 and recall 0.
  private static func sample(
    scores: [Double], precision: [Double], recall: [Double]
  ) -> (precision: [Double], recall: [Double]) {
    let positions = scores.map { -$0 }
    let points = confidences.reversed().map { -$0 }
    func values(_ curve: [Double], before: Double) -> [Double] {
      BrokenLine(x: positions, y: curve, before: before).values(at: points).reversed()
    }
    return (values(precision, before: 1), values(recall, before: 0))
  }
}
