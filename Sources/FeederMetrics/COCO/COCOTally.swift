import FeederCore

/// Collects one class over all images for COCO's evaluation.
struct COCOTally {
  /// Boxes of the class and size.
  var labelCount = 0
  private var scores: [Double] = []
  /// Per detection, bit t: it matched a box of any size at threshold t.
  private var matched: [UInt16] = []
  /// Per detection, bit t: it counts neither as right nor as wrong at threshold t.
  private var ignored: [UInt16] = []

  private static let recallPoints = unitSpacing(101)

  /// Adds one image's detections of the class, by falling score, and its boxes.
  mutating func add(_ detections: [Detection], truths: [Box], size: SizeRange) {
    let outside = truths.map { !size.areas.contains($0.area) }
    // Boxes that count come first, so a detection prefers them.
    let order = truths.indices.filter { !outside[$0] } + truths.indices.filter { outside[$0] }
    var claimed = [UInt16](repeating: 0, count: truths.count)
    for detection in detections {
      let overlaps = order.map { detection.box.overlap(with: truths[$0], epsilon: 0) }
      let own = detection.box.area
      let wrongSize = own < size.areas.lowerBound || own > size.areas.upperBound
      var matched: UInt16 = 0
      var ignored: UInt16 = 0
      for (t, threshold) in Matching.thresholds.enumerated() {
        let bit = UInt16(1) << UInt16(t)
        guard let best = Self.best(order, overlaps, threshold, outside: outside, free: { claimed[$0] & bit == 0 })
        else {
          if wrongSize { ignored |= bit }
          continue
        }
        claimed[best] |= bit
        matched |= bit
        if outside[best] { ignored |= bit }
      }
      scores.append(detection.score)
      self.matched.append(matched)
      self.ignored.append(ignored)
    }
  }

  /// The free box with the largest overlap that reaches the threshold, the last of equal ones. A box that counts wins
  /// over all others.
  private static func best(
    _ order: [Int], _ overlaps: [Double], _ threshold: Double, outside: [Bool], free: (Int) -> Bool
  ) -> Int? {
    var least = threshold
    var best: Int?
    for (truth, overlap) in zip(order, overlaps) where free(truth) {
      if let best, !outside[best], outside[truth] { break }
      if overlap >= least {
        least = overlap
        best = truth
      }
    }
    return best
  }

  /// Average precision and recall; nil if there is no box of the size.
  func values() -> COCOEvaluation.ClassValues? {
    guard labelCount > 0 else { return nil }
    let ranking = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
    var averages: [Double] = []
    var recalls: [Double] = []
    for t in Matching.thresholds.indices {
      let bit = UInt16(1) << UInt16(t)
      let counted = ranking.filter { ignored[$0] & bit == 0 }.map { matched[$0] & bit != 0 }
      let (average, recall) = stepAverage(counted)
      averages.append(average)
      recalls.append(recall)
    }
    return .init(averagePrecision: averages, recall: recalls)
  }

  /// The mean of the envelope at 101 recalls, and the final recall. Each recall reads the first point that reaches it;
  /// 0 if none does.
  private func stepAverage(_ hits: [Bool]) -> (average: Double, recall: Double) {
    var right = 0
    var precision = [Double](repeating: 0, count: hits.count)
    var recall = precision
    for (index, hit) in hits.enumerated() {
      if hit { right += 1 }
      precision[index] = Double(right) / Double(index + 1)
      recall[index] = Double(right) / Double(labelCount)
    }
    for index in precision.indices.reversed().dropFirst() {
      precision[index] = max(precision[index], precision[index + 1])
    }
    var sum = 0.0
    var position = 0
    for point in Self.recallPoints {
      while position < recall.count, recall[position] < point { position += 1 }
      guard position < recall.count else { break }
      sum += precision[position]
    }
    return (sum / Double(Self.recallPoints.count), recall.last ?? 0)
  }
}
