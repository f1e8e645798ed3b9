import ArgumentParser
import FeederCache
import FeederDatasets
import FeederMetrics
import FeederReporting
import FeederRun
import Foundation

/// `feeder score`: prints the accuracy of a predictions file from any tool.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Prints the accuracy of a predictions file from any tool.",
    discussion: """
      PREDICTIONS is COCO results JSON: image_id is the image file's name without its ending, category_id counts from 0 \
      (--categories-from), bbox is x, y, width, height in pixels of the original image.

      \(ScoringOptions.discussion)
      """)

  @Argument(help: "The predictions, COCO results JSON.")
  var predictions: String
  @Argument(help: "A data.yaml, or the folder that holds one.")
  var data: String
  @Option(help: "The split that was predicted: train, val or test.")
  var split = Split.val
  @Flag(help: "Leave bad label lines out and count them, instead of refusing the data set.")
  var skipBadLabels = false
  @Option(
    help: """
      The category_id of the first class: 0, 1, or auto. auto takes 1 if the file holds no 0 and either its largest category_id is \
      the number of classes or every entry has a file_name, as the ultralytics package writes it.
      """)
  var categoriesFrom = CategoryStart.auto
  @OptionGroup var scoring: ScoringOptions
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func run() throws {
    let dataset = try Dataset.open(data, skipsBadLabels: skipBadLabels)
    let labels = try dataset.read(split)
    for line in labels.findings.lines(split.rawValue) { Terminal.say(line) }
    let entries = labels.entries
    let survey = try SourceSurvey(entries)
    let images = try entries.enumerated().map { index, entry in
      let size = try survey.size(of: index)
      return PredictedImage(
        imageID: entry.imageID, size: size, truths: entry.labels.map { GroundTruth(label: $0, imageSize: size) })
    }
    let contents = try PredictionsFile.read(
      URL(filePath: predictions), images: images, classCount: dataset.classNames.count, categoriesFrom: categoriesFrom)
    contents.notes.forEach(Terminal.say)
    let results = images.map { image in
      ImageResult(
        imageID: image.imageID, detections: contents.detections[image.imageID] ?? [], truths: image.truths)
    }
    let bound = scoring.bound(results)
    let cut = results.count { $0.detections.count > bound.count }
    for line in [bound.line, bound.line(cutting: cut, isExact: true)] { line.map(Terminal.say) }
    var report = try scoring.report(results, classNames: dataset.classNames)
    report.categoriesFrom = contents.categoriesFrom
    try Terminal.show(report.lines, json: json, report)
  }
}

extension Split: ExpressibleByArgument {}
extension CategoryStart: ExpressibleByArgument {}
