import FeederDatasets
import FeederFiles
import FeederMetrics
import FeederReporting
import Foundation

/// Writes the charts of a run folder under the names that YOLO users know.
struct RunPictures {
  let folder: RunFolder
  let plotter: Plotter

  /// Writes labels.png: distributions of the training labels. Throws if the file cannot be written.
  func writeLabels(_ entries: [DatasetEntry], names: PictureNames) throws {
    let charts = LabelCharts.charts(entries.map(\.labels), names: names)
    try save("labels.png") { try plotter.png(charts, columns: 2, width: 600, height: 480) }
  }

  /// Writes results.png: losses and accuracy per epoch. Throws if the file cannot be written.
  func writeResults(_ epochs: [EpochRow]) throws {
    try save("results.png") {
      try plotter.png(RunCharts.results(epochs), columns: RunCharts.resultsColumns, width: 420, height: 360)
    }
  }

  /// Writes the curves over confidence and the confusion matrices. Throws if a file cannot be written.
  func writeAccuracy(_ curves: AccuracyCurves, _ matrix: ConfusionMatrix, names: PictureNames) throws {
    let byConfidence = AccuracyCharts.byConfidence(curves, names: names)
    let confusion = AccuracyCharts.confusion(matrix, names: names)
    let all: [(String, Chart)] = [
      ("BoxPR_curve.png", AccuracyCharts.precisionRecall(curves, names: names)),
      ("BoxF1_curve.png", byConfidence.f1), ("BoxP_curve.png", byConfidence.precision),
      ("BoxR_curve.png", byConfidence.recall), ("confusion_matrix.png", confusion.plain),
      ("confusion_matrix_normalized.png", confusion.normalized),
    ]
    for (name, chart) in all { try save(name) { try plotter.png([chart], width: 1000, height: 720) } }
  }

  private static let curves = [
    "BoxPR_curve.png", "BoxF1_curve.png", "BoxP_curve.png", "BoxR_curve.png", "confusion_matrix.png",
    "confusion_matrix_normalized.png",
  ]

  /// Throws a line if a file that Feeder did not write has the name of a file of the report. Called before any work.
  static func refuseForeign(in folder: RunFolder) throws {
    let pictures = curves + ["results.png"] + BatchPictures.validationNames
    let all =
      pictures.map { (folder.url.appending(path: $0), PictureMark.signature) }
      + [(folder.predictions, PredictionsFile.signature), (folder.report, ReportPage.signature)]
    for (url, signature) in all where !signature.mayReplace(url.path) {
      throw CommandError(
        "\(url.path): is not a file of this report, and nothing is written over it; move it away, then: feeder report "
          + folder.url.path)
    }
  }

  /// Draws a picture and writes it. If it cannot be drawn, says so in one line. Throws if it cannot be written.
  private func save(_ name: String, _ draw: () throws -> Data) throws {
    let png: Data
    do {
      png = try draw()
    } catch {
      return Terminal.say("\(name): \(Terminal.words(error)); everything else continues")
    }
    try FileWriter.replace(PictureMark.png(png), at: folder.url.appending(path: name).path, isDurable: false)
  }
}
