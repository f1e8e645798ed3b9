import FeederCore
import FeederTorch

/// One detection in pixels of the network's input.
package struct ScoredBox: Sendable {
  /// The box by its corners.
  package let box: Box
  /// Class, counted from 0.
  package let classID: Int
  /// Probability of the class.
  package let score: Float
  /// Index of the anchor that predicted the box.
  package let anchorIndex: Int
}

/// Greedy suppression of overlapping detections, by default for each class separately.
package struct NonMaximumSuppression: Sendable {
  /// Scores must exceed this.
  package var confidence: Float = 0.25
  /// If the intersection over union of two boxes exceeds this, the one with the lower score is removed.
  package var overlap: Float = 0.7
  /// If true, an anchor gives one detection per class above the confidence; if false, only for its best class.
  package var keepsEveryClass = false
  /// If true, boxes of different classes suppress each other.
  package var ignoresClasses = false
  /// Classes to keep; nil keeps all.
  package var classes: Set<Int>?
  /// The most detections per image.
  package var largestCount = 300

  /// The settings of prediction: confidence 0.25, overlap 0.7, best class only, 300 per image.
  package init() {}

  /// The values of `confidence`.
  package static let confidences = SettingKind<Float>.number("0 to below 1") { $0 >= 0 && $0 < 1 }
  /// The values of `overlap`.
  package static let overlaps = SettingKind<Float>.number("above 0 to 1") { $0 > 0 && $0 <= 1 }

  /// The settings of validation: every class above 0.001, overlap 0.7, 300 per image.
  package static var validation: NonMaximumSuppression {
    var settings = NonMaximumSuppression()
    settings.confidence = 0.001
    settings.keepsEveryClass = true
    return settings
  }

  /// The detections of each image by falling score, from `predictions` [B, 4 + C, A] (centre, width and height in
  /// pixels, then probabilities). Runs on the host. Throws `EngineError` if the copy from the device fails.
  package func callAsFunction(_ predictions: Tensor) throws -> [[ScoredBox]] {
    let (b, channels, a) = (predictions.extent(0), predictions.extent(1), predictions.extent(2))
    let values = try predictions.array(of: Float.self)
    return (0..<b).map { image in
      suppress(candidates(values, from: image * channels * a, classCount: channels - 4, anchorCount: a))
    }
  }

  /// The candidates of the image whose values begin at `start`, in rows of `anchorCount` values.
  private func candidates(_ values: [Float], from start: Int, classCount: Int, anchorCount a: Int) -> [Candidate] {
    var found: [Candidate] = []
    func add(_ anchor: Int, _ classID: Int, _ score: Float) {
      if let classes, !classes.contains(classID) { return }
      found.append(Candidate(values, from: start, anchor: anchor, anchorCount: a, classID: classID, score: score))
    }
    let scores = start + 4 * a
    for anchor in 0..<a {
      if keepsEveryClass {
        for classID in 0..<classCount {
          let score = values[scores + classID * a + anchor]
          if score > confidence { add(anchor, classID, score) }
        }
      } else {
        var (best, bestScore) = (0, values[scores + anchor])
        for classID in 1..<max(classCount, 1) where values[scores + classID * a + anchor] > bestScore {
          (best, bestScore) = (classID, values[scores + classID * a + anchor])
        }
        if bestScore > confidence { add(anchor, best, bestScore) }
      }
    }
    // Equal scores keep the order of the anchors, so the result does not depend on the sort.
    found.sort { ($0.score, $1.anchor, $1.classID) > ($1.score, $0.anchor, $0.classID) }
    return found
  }

  private func suppress(_ candidates: [Candidate]) -> [ScoredBox] {
    var kept: [[Candidate]] = []
    var result: [ScoredBox] = []
    for candidate in candidates {
      let group = ignoresClasses ? 0 : candidate.classID
      while kept.count <= group { kept.append([]) }
      if kept[group].contains(where: { $0.overlap(candidate) > overlap }) { continue }
      kept[group].append(candidate)
      result.append(candidate.scored)
      if result.count == largestCount { break }
    }
    return result
  }
}

/// A box in single precision, with its area for fast comparisons.
private struct Candidate {
  let x1: Float
  let y1: Float
  let x2: Float
  let y2: Float
  let area: Float
  let score: Float
  let classID: Int
  let anchor: Int

  init(_ values: [Float], from start: Int, anchor: Int, anchorCount a: Int, classID: Int, score: Float) {
    let first = start + anchor
    let (x, y) = (values[first], values[first + a])
    let (halfWidth, halfHeight) = (values[first + 2 * a] / 2, values[first + 3 * a] / 2)
    (x1, y1, x2, y2) = (x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight)
    area = (x2 - x1) * (y2 - y1)
    self.score = score
    self.classID = classID
    self.anchor = anchor
  }

  func overlap(_ other: Candidate) -> Float {
    let width = max(0, min(x2, other.x2) - max(x1, other.x1))
    let height = max(0, min(y2, other.y2) - max(y1, other.y1))
    let intersection = width * height
    return intersection / (area + other.area - intersection)
  }

  var scored: ScoredBox {
    ScoredBox(
      box: Box(x1: Double(x1), y1: Double(y1), x2: Double(x2), y2: Double(y2)), classID: classID, score: score,
      anchorIndex: anchor)
  }
}
