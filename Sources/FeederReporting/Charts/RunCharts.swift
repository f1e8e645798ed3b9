import FeederMetrics
import Foundation

/// Charts of a run's results per epoch.
package enum RunCharts {
  /// Charts per row of `results`: training losses above validation losses, accuracy beside them.
  package static let resultsColumns = 5

  /// Losses and accuracy over epochs in the order that YOLO users know, then the learning rate.
  package static func results(_ epochs: [EpochRow]) -> [Chart] {
    func line(_ title: String, _ value: (EpochRow) -> Double?) -> Chart {
      let points = epochs.compactMap { row in value(row).map { (x: Double(row.epoch), y: $0) } }
      return Chart(title, x: "epoch", .lines([Chart.Series(nil, points, isMain: true)]))
    }
    return [
      line("train/box_loss", \.boxLoss), line("train/cls_loss", \.classLoss), line("train/dfl_loss", \.dflLoss),
      line("metrics/precision(B)", \.precision), line("metrics/recall(B)", \.recall),
      line("val/box_loss") { $0.validationLosses?[0] }, line("val/cls_loss") { $0.validationLosses?[1] },
      line("val/dfl_loss") { $0.validationLosses?[2] },
      line("metrics/mAP50(B)", \.map50), line("metrics/mAP50-95(B)", \.map50_95), line("lr", \.learningRate),
    ]
  }
}

/// Charts of accuracy: curves over confidence, and the confusion matrix.
package enum AccuracyCharts {
  /// Precision over recall at overlap 0.5, per class and for all together.
  package static func precisionRecall(_ curves: AccuracyCurves, names: PictureNames) -> Chart {
    let recalls = (0...200).map { Double($0) / 200 }
    let classes = curves.classes.map { curve in (curve, curve.precision(atRecalls: recalls)) }
    var series = classes.map { curve, values in
      Chart.Series(
        "\(names[curve.classID]) \(text(curve.averagePrecision[0]))", Array(zip(recalls, values)).map { ($0, $1) })
    }
    if !classes.isEmpty {
      let mean = recalls.indices.map { index in
        (x: recalls[index], y: classes.map { $0.1[index] }.reduce(0, +) / Double(classes.count))
      }
      let map50 = classes.map { $0.0.averagePrecision[0] }.reduce(0, +) / Double(classes.count)
      series.append(Chart.Series("all classes \(text(map50)) mAP@0.5", mean, isMain: true))
    }
    return Chart("Precision-Recall Curve", x: "Recall", y: "Precision", .lines(series), xRange: 0...1, yRange: 0...1.02)
  }

  /// F1, precision and recall over confidence.
  package static func byConfidence(_ curves: AccuracyCurves, names: PictureNames) -> (
    f1: Chart, precision: Chart, recall: Chart
  ) {
    func chart(_ title: String, _ label: String, _ values: (ClassCurve) -> [Double]) -> Chart {
      // A picture does not show all 1,000 confidences, so take every fifth.
      let places = stride(from: 0, to: ClassCurve.confidences.count, by: 5)
      let all = curves.classes.map { ($0, values($0)) }
      var series = all.map { curve, values in
        Chart.Series(names[curve.classID], places.map { (ClassCurve.confidences[$0], values[$0]) })
      }
      if !all.isEmpty {
        func mean(_ place: Int) -> Double { all.map { $0.1[place] }.reduce(0, +) / Double(all.count) }
        let best = curves.bestIndex
        series.append(
          Chart.Series(
            "all classes \(text(mean(best))) at \(text(curves.bestConfidence))",
            places.map { (ClassCurve.confidences[$0], mean($0)) }, isMain: true))
      }
      return Chart(title, x: "Confidence", y: label, .lines(series), xRange: 0...1, yRange: 0...1.02)
    }
    return (
      chart("F1-Confidence Curve", "F1", \.f1), chart("Precision-Confidence Curve", "Precision", \.precision),
      chart("Recall-Confidence Curve", "Recall", \.recall)
    )
  }

  /// The confusion matrix, as counts and as shares of each true class.
  package static func confusion(_ matrix: ConfusionMatrix, names: PictureNames) -> (plain: Chart, normalized: Chart) {
    let names = names.texts + ["background"]
    func chart(_ title: String, _ values: [Double], _ digits: Int) -> Chart {
      Chart(title, x: "True", y: "Predicted", .matrix(names: names, values: values, digits: digits))
    }
    return (
      chart("Confusion Matrix", matrix.counts.map(Double.init), 0),
      chart("Confusion Matrix Normalized", matrix.normalized, 2)
    )
  }

  private static func text(_ value: Double) -> String { String(format: "%.3f", value) }
}
