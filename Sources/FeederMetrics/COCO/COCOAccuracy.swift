/// Accuracy by the COCO rule: the numbers that pycocotools prints.
package struct COCOAccuracy: Sendable, Equatable {
  /// The values of one class; nil if the class has no box.
  package struct ClassValues: Sendable, Equatable {
    /// Average precision at overlap 0.5.
    package let ap50: Double?
    /// Mean average precision over overlaps 0.50 to 0.95.
    package let ap50_95: Double?
  }

  /// The default of `maxDetections`, as in pycocotools.
  package static let ownBound = 100

  /// The most detections per image and class that counted.
  package let maxDetections: Int
  /// Average precision at overlap 0.5, as the mean over classes with boxes; nil without boxes.
  package let map50: Double?
  /// Average precision, as the mean over overlaps 0.50 to 0.95 and classes with boxes; nil without boxes.
  package let map50_95: Double?
  /// `map50_95` for boxes up to 32 x 32 pixels; nil if there is none.
  package let map50_95Small: Double?
  /// `map50_95` for boxes from 32 x 32 to 96 x 96 pixels; nil if there is none.
  package let map50_95Medium: Double?
  /// `map50_95` for boxes from 96 x 96 pixels; nil if there is none.
  package let map50_95Large: Double?
  /// The values of every class, in the data set's order.
  package let classes: [ClassValues]

  /// Evaluates classes 0 ..< `classCount`. Per image and class, the `maxDetections` best detections count.
  package init(results: [ImageResult], classCount: Int, maxDetections: Int) {
    func evaluation(_ size: SizeRange) -> COCOEvaluation {
      COCOEvaluation(results: results, classCount: classCount, size: size, maxDetections: maxDetections)
    }
    let all = evaluation(.all)
    self.maxDetections = maxDetections
    map50 = all.meanAveragePrecision(threshold: 0)
    map50_95 = all.meanAveragePrecision
    map50_95Small = evaluation(.small).meanAveragePrecision
    map50_95Medium = evaluation(.medium).meanAveragePrecision
    map50_95Large = evaluation(.large).meanAveragePrecision
    classes = all.classes.map { values in
      ClassValues(
        ap50: values?.averagePrecision[0],
        ap50_95: values.map { $0.averagePrecision.reduce(0, +) / Double($0.averagePrecision.count) })
    }
  }
}
