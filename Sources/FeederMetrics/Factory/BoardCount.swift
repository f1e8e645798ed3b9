import FeederCore

/// What an inspection decides board by board with given thresholds. An image is a board; a detection at or above its class's
/// threshold is a call.
///
/// A defect is found where a call of any class covers it: a person looks there. A board whose defects are not all found is an
/// escape; a call that covers no defect is a false call, and costs a look.
package struct BoardCount: Sendable, Equatable {
  /// Overlap (intersection over union) from which a call covers a defect.
  package static let overlap = 0.5

  /// Boards looked at, and those of them with a defect.
  package private(set) var boardCount = 0
  package private(set) var defectiveCount = 0
  /// Boards with a defect that no call covers.
  package private(set) var escapeCount = 0
  /// Boards with a false call, and false calls in all.
  package private(set) var falselyCalledCount = 0
  package private(set) var falseCallCount = 0
  /// Defects, and those that no call covers.
  package private(set) var defectCount = 0
  package private(set) var missedCount = 0

  /// Counts `results` with `thresholds` by class.
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

  /// Escapes of the boards with a defect.
  package var escapes: BinomialBounds { BinomialBounds(escapeCount, of: defectiveCount) }
  /// Boards with a false call, of all.
  package var falselyCalled: BinomialBounds { BinomialBounds(falselyCalledCount, of: boardCount) }

  /// What the boards cost on average, for the costs of an escaped board and of a false call.
  package func cost(ofEscape escape: Double, ofFalseCall call: Double) -> Double {
    boardCount > 0 ? (escape * Double(escapeCount) + call * Double(falseCallCount)) / Double(boardCount) : 0
  }
}
