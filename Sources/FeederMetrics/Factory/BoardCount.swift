import FeederCore

/// The results of an inspection with given thresholds, board by board. An image is a board; a detection at or above its
/// class's threshold is a call.
///
/// A defect is found if a call of any class covers it, because a person then looks there. A board with a defect that
/// was not found is an escape. A call that covers no defect is a false call and costs one look.
package struct BoardCount: Sendable, Equatable {
  /// Least overlap (intersection over union) at which a call covers a defect.
  package static let overlap = 0.5

  /// Number of boards.
  package private(set) var boardCount = 0
  /// Boards with a defect.
  package private(set) var defectiveCount = 0
  /// Boards with a defect that no call covers.
  package private(set) var escapeCount = 0
  /// Boards with a false call.
  package private(set) var falselyCalledCount = 0
  /// False calls on all boards.
  package private(set) var falseCallCount = 0
  /// Defects on all boards.
  package private(set) var defectCount = 0
  /// Defects that no call covers.
  package private(set) var missedCount = 0

  /// Counts `results` with one threshold per class.
  package init(_ results: [ImageResult], thresholds: [Double]) {
    for result in results {
      let calls = result.detections.filter { $0.score >= thresholds[$0.classID] }
      let missed = result.truths.count { truth in
        !calls.contains { $0.box.overlap(with: truth.box, epsilon: 0) >= Self.overlap }
      }
      let falseCalls = calls.count { call in
        !result.truths.contains { $0.box.overlap(with: call.box, epsilon: 0) >= Self.overlap }
      }
      boardCount += 1
      defectiveCount += result.truths.isEmpty ? 0 : 1
      escapeCount += missed > 0 ? 1 : 0
      falselyCalledCount += falseCalls > 0 ? 1 : 0
      falseCallCount += falseCalls
      defectCount += result.truths.count
      missedCount += missed
    }
  }

  /// The share of escapes among boards with a defect.
  package var escapes: BinomialBounds { BinomialBounds(escapeCount, of: defectiveCount) }
  /// The share of boards with a false call among all boards.
  package var falselyCalled: BinomialBounds { BinomialBounds(falselyCalledCount, of: boardCount) }

  /// The mean cost per board, from the costs of one escape and of one false call.
  package func cost(ofEscape escape: Double, ofFalseCall call: Double) -> Double {
    boardCount > 0 ? (escape * Double(escapeCount) + call * Double(falseCallCount)) / Double(boardCount) : 0
  }
}
