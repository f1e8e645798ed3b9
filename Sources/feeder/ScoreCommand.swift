import ArgumentParser
import FeederCache
import FeederDatasets
import FeederMetrics
import FeederReporting
import Foundation

/// `feeder score`: accuracy of a file of predictions, whoever made it.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Says how accurate a file of predictions is, whoever made it.",
    discussion: """
      PREDICTIONS is COCO results JSON: image_id is the image file's name without its ending, category_id counts from 0, \
      bbox is x, y, width, height in pixels of the original image. The best 300 of an image count.
      """)

  @Argument(help: "The predictions, COCO results JSON.")
  var predictions: String
  @Argument(help: "A data.yaml, or the folder that holds one.")
  var data: String
  @Option(help: "The split that was predicted: train or val.")
  var split = Split.val
  @Flag(help: "Leave bad label lines out and count them, instead of refusing the data set.")
  var skipBadLabels = false
  @OptionGroup var factory: FactoryOptions
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func run() throws {
    let dataset = try Dataset.open(data, skipsBadLabels: skipBadLabels)
    let contents = try dataset.read(split)
    for line in contents.findings.lines(split.rawValue) { Terminal.say(line) }
    let entries = contents.entries
    let detections = try PredictionsFile.read(
      URL(filePath: predictions), imageIDs: entries.lazy.map(\.imageID), classCount: dataset.classNames.count)
    let survey = try SourceSurvey(entries)
    let results = try entries.enumerated().map { index, entry in
      let size = try survey.size(of: index)
      return ImageResult(
        imageID: entry.imageID, detections: detections[entry.imageID] ?? [],
        truths: entry.labels.map { GroundTruth(label: $0, imageSize: size) })
    }
    let report = AccuracyReport(
      Accuracy(results: results, classNames: dataset.classNames),
      factory: try factory.report(results, classNames: dataset.classNames))
    try Terminal.show(report.lines, json: json, report)
  }
}

extension Split: ExpressibleByArgument {}
