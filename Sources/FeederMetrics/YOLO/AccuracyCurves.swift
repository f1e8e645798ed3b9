/// The curves of all classes with boxes, and the confidence with their best mean F1.
package struct AccuracyCurves: Sendable {
  /// One curve per class with boxes, by rising class.
  package let classes: [ClassCurve]
  /// Index in `ClassCurve.confidences` of the best smoothed mean F1; 0 without classes.
  package let bestIndex: Int

  /// The confidence of the best smoothed mean F1.
  package var bestConfidence: Double { ClassCurve.confidences[bestIndex] }

  /// Matches all images and computes every class's curve. Detections of classes without boxes are ignored.
  package init(results: [ImageResult], rule: MatchingRule = .v84) {
    self.init(results: results, hits: results.map { Matching.hits(in: $0, rule: rule) })
  }

  /// The curves for known hits: one array per image, one entry per detection.
  package init(results: [ImageResult], hits: [[UInt16]]) {
    precondition(results.count == hits.count, "curves need the hits of every image")
    var labelCounts: [Int: Int] = [:]
    for truth in results.lazy.flatMap(\.truths) { labelCounts[truth.classID, default: 0] += 1 }
    var ranked: [Int: [(score: Double, hits: UInt16)]] = [:]
    for (result, hits) in zip(results, hits) {
      precondition(result.detections.count == hits.count, "curves need the hits of every detection")
      for (detection, hit) in zip(result.detections, hits)
      where labelCounts[detection.classID] != nil && !detection.score.isNaN {
        ranked[detection.classID, default: []].append((detection.score, hit))
      }
    }
    classes = labelCounts.keys.sorted().map { classID in
      let detections = Self.ranking(ranked[classID] ?? [])
      return ClassCurve(
        classID: classID, labelCount: labelCounts[classID] ?? 0, scores: detections.map(\.score),
        hits: detections.map(\.hits))
    }
    bestIndex = Self.best(classes)
  }

  /// By falling score. Equal scores keep their order.
  private static func ranking(_ detections: [(score: Double, hits: UInt16)]) -> [(score: Double, hits: UInt16)] {
    detections.indices.sorted {
      let (left, right) = (detections[$0].score, detections[$1].score)
      return left != right ? left > right : $0 < $1
    }.map { detections[$0] }
  }

  /// The index of the first maximum of the mean F1 curve, smoothed by a box filter of 101 samples with repeated ends.
  private static func best(_ classes: [ClassCurve]) -> Int {
    guard !classes.isEmpty else { return 0 }
    var mean = [Double](repeating: 0, count: ClassCurve.confidences.count)
    for curve in classes {
      for (index, value) in curve.f1.enumerated() { mean[index] += value / Double(classes.count) }
    }
    let reach = 50
    var best = (index: 0, value: -1.0)
    for center in mean.indices {
      // Each window is summed anew: a running sum drifts and would move the first maximum of a plateau.
      var sum = 0.0
      for offset in -reach...reach { sum += mean[min(max(center + offset, 0), mean.count - 1)] }
      if sum > best.value { best = (center, sum) }
    }
    return best.index
  }
}
