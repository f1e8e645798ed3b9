import FeederCore

/// The rule by which detections match the boxes of the labels.
package enum MatchingRule: Sendable {
  /// By falling score and at each threshold separately, a detection takes the free box with the largest overlap.
  case v84
  /// Each detection may take only its best box; each box goes to its detection with the highest score.
  case classic
}

/// Finds the detections that are right, at ten overlaps.
package enum Matching {
  /// Least overlaps for a hit: 0.50 to 0.95 in steps of 0.05 (Lin et al., "Microsoft COCO", 2014, and its published
  /// evaluation).
  package static let thresholds: [Double] = {
    // The spacing of numpy's linspace, equal to the last bit.
    let step = (0.95 - 0.5) / 9
    return (0..<9).map { Double($0) * step + 0.5 } + [0.95]
  }()

  /// Hits of each detection as bits: bit t is set if the detection is right at `thresholds[t]`.
  ///
  /// The result has the order of `result.detections`. Cost: detections x boxes of the same class.
  package static func hits(in result: ImageResult, rule: MatchingRule = .v84) -> [UInt16] {
    var hits = [UInt16](repeating: 0, count: result.detections.count)
    guard !result.truths.isEmpty else { return hits }
    let truthsByClass = result.truthsByClass()
    var claimed = [UInt16](repeating: 0, count: result.truths.count)
    for index in result.ranking() {
      let detection = result.detections[index]
      var candidates: [(truth: Int, overlap: Double)] = []
      for truth in truthsByClass[detection.classID] ?? [] {
        let overlap = detection.box.overlap(with: result.truths[truth].box, epsilon: 1e-7)
        if overlap >= thresholds[0] { candidates.append((truth, overlap)) }
      }
      if rule == .classic, let best = largest(candidates, accepting: { _ in true }) { candidates = [best] }
      for (t, threshold) in thresholds.enumerated() {
        let bit = UInt16(1) << UInt16(t)
        guard let best = largest(candidates, accepting: { claimed[$0] & bit == 0 }), best.overlap >= threshold else {
          continue
        }
        claimed[best.truth] |= bit
        hits[index] |= bit
      }
    }
    return hits
  }

  /// The candidate with the largest overlap among those whose box passes; the first of equal ones.
  private static func largest(
    _ candidates: [(truth: Int, overlap: Double)], accepting passes: (Int) -> Bool
  ) -> (truth: Int, overlap: Double)? {
    var best: (truth: Int, overlap: Double)?
    for candidate in candidates where passes(candidate.truth) && candidate.overlap > (best?.overlap ?? -1) {
      best = candidate
    }
    return best
  }
}
