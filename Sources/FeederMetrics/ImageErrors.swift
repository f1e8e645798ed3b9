/// Right and wrong detections on one image at one confidence, by the rule of `Matching` at overlap 0.5.
package struct ImageErrors: Sendable {
  /// The image's name without its ending.
  package let imageID: String
  /// Detections that match a box.
  package let hits: [Detection]
  /// Detections that match no box.
  package let falseCalls: [Detection]
  /// Boxes that no detection matches.
  package let missed: [GroundTruth]

  /// Compares the detections from `confidence` on with the boxes.
  package init(_ result: ImageResult, confidence: Double) {
    imageID = result.imageID
    var free = Set(result.truths.indices)
    var (hits, falseCalls): ([Detection], [Detection]) = ([], [])
    for index in result.ranking() where result.detections[index].score >= confidence {
      let claim = result.detections[index]
      var best: (truth: Int, overlap: Double)?
      for truth in free.sorted() where result.truths[truth].classID == claim.classID {
        let overlap = claim.box.overlap(with: result.truths[truth].box, epsilon: 1e-7)
        if overlap >= Matching.thresholds[0], overlap > (best?.overlap ?? 0) { best = (truth, overlap) }
      }
      if let best {
        free.remove(best.truth)
        hits.append(claim)
      } else {
        falseCalls.append(claim)
      }
    }
    self.hits = hits
    self.falseCalls = falseCalls
    missed = free.sorted().map { result.truths[$0] }
  }

  /// True if no detection is wrong and no box is missed.
  package var isClean: Bool { missed.isEmpty && falseCalls.isEmpty }

  /// The `count` images with the most missed boxes, then the most and most confident false calls. Images without errors
  /// are left out.
  package static func worst(_ results: [ImageResult], confidence: Double, count: Int) -> [ImageErrors] {
    let all = results.map { ImageErrors($0, confidence: confidence) }.filter { !$0.isClean }
    func rank(_ errors: ImageErrors) -> (Int, Int, Double) {
      (-errors.missed.count, -errors.falseCalls.count, -(errors.falseCalls.map(\.score).max() ?? 0))
    }
    let order = all.indices.sorted { left, right in
      let (first, second) = (rank(all[left]), rank(all[right]))
      return first == second ? left < right : first < second
    }
    return order.prefix(count).map { all[$0] }
  }
}
