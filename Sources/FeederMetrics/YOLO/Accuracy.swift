/// Accuracy of one class. Values are nil if the class has no box.
package struct ClassAccuracy: Sendable, Equatable {
  /// The class's name.
  package let name: String
  /// Images with a box of the class.
  package let imageCount: Int
  /// Boxes of the class.
  package let boxCount: Int
  /// Average precision at overlap 0.5.
  package let ap50: Double?
  /// Mean average precision over overlaps 0.50 to 0.95.
  package let ap50_95: Double?
  /// Precision at overlap 0.5 and the confidence with the best mean F1.
  package let precision: Double?
  /// Recall at overlap 0.5 and the confidence with the best mean F1.
  package let recall: Double?
}

/// The accuracy of a split by the YOLO rule, as `feeder val` and `feeder score` print it. All numbers are finite; means
/// over no class are nil.
package struct Accuracy: Sendable, Equatable {
  /// Average precision at overlap 0.5, as the mean over classes with boxes.
  package let map50: Double?
  /// Average precision, as the mean over overlaps 0.50 to 0.95 and classes with boxes.
  package let map50_95: Double?
  /// COCO's average precision for boxes up to 32 x 32 pixels; nil if there is none. Per image and class, the
  /// `DetectionBound.standard` best detections count, whatever `maxDetections` is.
  package let map50_95Small: Double?
  /// The same for boxes from 32 x 32 to 96 x 96 pixels.
  package let map50_95Medium: Double?
  /// The same for boxes from 96 x 96 pixels.
  package let map50_95Large: Double?
  /// Number of images.
  package let imageCount: Int
  /// Number of boxes in the labels.
  package let boxCount: Int
  /// Precision at the confidence with the best mean F1, as the mean over classes with boxes.
  package let precision: Double?
  /// Recall at the confidence with the best mean F1, as the mean over classes with boxes.
  package let recall: Double?
  /// The confidence with the best mean F1.
  package let bestConfidence: Double
  /// The accuracy of every class, in the data set's order.
  package let classes: [ClassAccuracy]

  /// The number by which the best weights are chosen: 0.1 mAP50 + 0.9 mAP50-95, as in YOLO tools. A missing value
  /// counts as 0.
  package static func fitness(map50: Double?, map50_95: Double?) -> Double {
    0.1 * (map50 ?? 0) + 0.9 * (map50_95 ?? 0)
  }

  /// Scores `results`, one entry per image. Classes are 0 ..< `classNames.count`.
  ///
  /// Per image the best detections count, as many as `DetectionBound` gives for `maxDetections` and `inTiles`. Cost: 500 images with
  /// 300 detections take well under one second.
  package init(results: [ImageResult], classNames: [String], maxDetections: Int? = nil, inTiles: Bool = false) {
    let bound = DetectionBound(given: maxDetections, results, inTiles: inTiles)
    let curves = AccuracyCurves(results: results.map { $0.cut(to: bound.count) })
    func mean(_ value: (ClassCurve) -> Double) -> Double? {
      curves.classes.isEmpty ? nil : curves.classes.map(value).reduce(0, +) / Double(curves.classes.count)
    }
    let best = curves.bestIndex
    map50 = mean { $0.averagePrecision[0] }
    map50_95 = mean(\.meanAveragePrecision)
    precision = mean { $0.precision[best] }
    recall = mean { $0.recall[best] }
    bestConfidence = curves.bestConfidence
    func bySize(_ size: SizeRange) -> Double? {
      COCOEvaluation(
        results: results, classCount: classNames.count, size: size, maxDetections: DetectionBound.standard
      ).meanAveragePrecision
    }
    map50_95Small = bySize(.small)
    map50_95Medium = bySize(.medium)
    map50_95Large = bySize(.large)
    imageCount = results.count
    boxCount = results.reduce(0) { $0 + $1.truths.count }
    let byClass = Dictionary(uniqueKeysWithValues: curves.classes.map { ($0.classID, $0) })
    let images = results.flatMap { Set($0.truths.map(\.classID)) }.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    classes = classNames.enumerated().map { classID, name in
      let curve = byClass[classID]
      return ClassAccuracy(
        name: name, imageCount: images[classID] ?? 0, boxCount: curve?.labelCount ?? 0,
        ap50: curve?.averagePrecision[0], ap50_95: curve?.meanAveragePrecision,
        precision: curve?.precision[best], recall: curve?.recall[best])
    }
  }
}

extension ClassCurve {
  /// Mean of the average precision over `Matching.thresholds`.
  package var meanAveragePrecision: Double {
    averagePrecision.reduce(0, +) / Double(averagePrecision.count)
  }
}
