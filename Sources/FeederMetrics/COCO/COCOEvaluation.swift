import FeederCore

/// The boxes that count, by their area in pixels of the original image. Both limits are included, as in COCO's
/// published evaluation.
package enum SizeRange: String, CaseIterable, Sendable {
  /// Every box.
  case all
  /// Up to 32 x 32 pixels.
  case small
  /// From 32 x 32 to 96 x 96 pixels.
  case medium
  /// From 96 x 96 pixels.
  case large

  /// The areas that count, in square pixels.
  package var areas: ClosedRange<Double> {
    switch self {
    case .all: 0...1e10
    case .small: 0...1024
    case .medium: 1024...9216
    case .large: 9216...1e10
    }
  }
}

/// Average precision and recall as COCO defines them (Lin et al., "Microsoft COCO", 2014) and pycocotools 2.0 computes
/// them.
///
/// There are three differences to `AccuracyCurves`. A box outside the size range may be found or not, without effect.
/// The envelope is a step function, read at 101 recalls. The number of detections per image and class is limited.
package struct COCOEvaluation: Sendable {
  /// The values of one class, one per entry of `Matching.thresholds`.
  package struct ClassValues: Sendable {
    /// Average precision by threshold.
    package let averagePrecision: [Double]
    /// Largest recall by threshold.
    package let recall: [Double]
  }

  /// Values by class; nil if the class has no box of the size.
  package let classes: [ClassValues?]

  /// Mean average precision over classes and thresholds; nil if no class has a box of the size.
  package var meanAveragePrecision: Double? { Self.mean(classes.compactMap { $0?.averagePrecision }) }

  /// Mean recall over classes and thresholds; nil if no class has a box of the size.
  package var meanRecall: Double? { Self.mean(classes.compactMap { $0?.recall }) }

  /// Mean average precision over classes at `Matching.thresholds[threshold]`; nil if no class has a box of the size.
  package func meanAveragePrecision(threshold: Int) -> Double? {
    Self.mean(classes.compactMap { $0.map { [$0.averagePrecision[threshold]] } })
  }

  /// Evaluates classes 0 ..< `classCount` with the boxes of `size` and the `maxDetections` best detections per image
  /// and class.
  package init(results: [ImageResult], classCount: Int, size: SizeRange = .all, maxDetections: Int) {
    precondition(maxDetections > 0, "an evaluation without detections is none")
    var tallies = [COCOTally](repeating: COCOTally(), count: classCount)
    for result in results {
      let truths = result.truthsByClass()
      for (classID, indices) in truths {
        precondition((0..<classCount).contains(classID), "a box of class \(classID), but \(classCount) classes")
        tallies[classID].labelCount += indices.count { size.areas.contains(result.truths[$0].box.area) }
      }
      for (classID, ranked) in Dictionary(grouping: result.ranking(), by: { result.detections[$0].classID }) {
        precondition(
          (0..<classCount).contains(classID), "a detection of class \(classID), but \(classCount) classes")
        tallies[classID].add(
          ranked.prefix(maxDetections).map { result.detections[$0] },
          truths: (truths[classID] ?? []).map { result.truths[$0].box }, size: size)
      }
    }
    classes = tallies.map { $0.values() }
  }

  private static func mean(_ rows: [[Double]]) -> Double? {
    let values = rows.flatMap { $0 }
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}
