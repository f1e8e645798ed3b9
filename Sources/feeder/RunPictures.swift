import FeederDatasets
import FeederMetrics
import FeederReporting
import Foundation

/// The charts that a run folder holds as files, under the names that YOLO users know.
struct RunPictures {
  let folder: RunFolder
  let plotter: Plotter

  /// labels.png: what the training labels are like.
  func writeLabels(_ entries: [DatasetEntry], classNames: [String]) throws {
    let charts = LabelCharts.charts(entries.map(\.labels), classNames: classNames)
    try save(plotter.png(charts, columns: 2, width: 600, height: 480), "labels.png")
  }

  /// results.png: losses and accuracy by epoch.
  func writeResults(_ epochs: [EpochRow]) throws {
    try save(plotter.png(RunCharts.results(epochs), columns: 4, width: 420, height: 360), "results.png")
  }

  /// The curves over confidence and the confusion matrices.
  func writeAccuracy(_ curves: AccuracyCurves, _ matrix: ConfusionMatrix, classNames: [String]) throws {
    let byConfidence = AccuracyCharts.byConfidence(curves, classNames: classNames)
    let confusion = AccuracyCharts.confusion(matrix, classNames: classNames)
    let all: [(String, Chart)] = [
      ("BoxPR_curve.png", AccuracyCharts.precisionRecall(curves, classNames: classNames)),
      ("BoxF1_curve.png", byConfidence.f1), ("BoxP_curve.png", byConfidence.precision),
      ("BoxR_curve.png", byConfidence.recall), ("confusion_matrix.png", confusion.plain),
      ("confusion_matrix_normalized.png", confusion.normalized),
    ]
    for (name, chart) in all { try save(plotter.png([chart], width: 1000, height: 720), name) }
  }

  private func save(_ png: Data, _ name: String) throws {
    try png.write(to: folder.url.appending(path: name), options: .atomic)
  }
}
