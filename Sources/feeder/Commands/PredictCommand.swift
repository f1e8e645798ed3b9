import ArgumentParser
import FeederCache
import FeederCodecs
import FeederCore
import FeederDatasets
import FeederDetection
import FeederFiles
import FeederLoader
import FeederMetrics
import FeederReporting
import FeederRun
import FeederTraining
import Foundation

/// `feeder predict`: writes annotated images and a predictions file.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Finds objects on images and draws them.")

  @Argument(help: "Weights, a .safetensors or .pt file.")
  var weights: String
  @Argument(help: "\(ImageCodecs.names) files, or folders of them.")
  var images: [String]
  @Option(help: "The folder for annotated images, predictions.json and predictions.csv; made if it is missing.")
  var out: String
  @Option(help: "Only detections with more confidence than this count.")
  var conf = NonMaximumSuppression().confidence
  @Option(help: "Of two boxes of one class that overlap more than this, the one with less confidence is dropped.")
  var iou = NonMaximumSuppression().overlap
  @Option(
    help: """
      Also write the detections as labels that a label tool opens to be corrected, with copies of the images, to a folder in \
      --out: \(ConvertCommand.formats).
      """)
  var saveLabels: String?
  @Flag(help: "Also write a picture of each detection at full resolution, to crops/CLASS in --out.")
  var crops = false
  @Option(help: "Micrometres per pixel; predictions.csv then also has the boxes in millimetres.")
  var umPerPixel: Double?
  @OptionGroup var tiles: TileFlags
  @OptionGroup var levels: LevelFlags
  @OptionGroup var detections: DetectionOptions
  @OptionGroup var options: ModelOptions
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  private struct Report: Encodable {
    let out: String
    let predictions: String
    /// The folder of labels; nil unless --save-labels asks for one.
    let labels: String?
    let imageCount: Int
    let detectionCount: Int
    let unreadable: [String]
  }

  func validate() throws {
    try NonMaximumSuppression.confidences.validate(conf, "conf")
    try NonMaximumSuppression.overlaps.validate(iou, "iou")
    if let umPerPixel, !(umPerPixel > 0 && umPerPixel.isFinite) {
      throw ValidationError("--um-per-pixel \(umPerPixel): give a number above 0")
    }
    if let saveLabels, !DatasetExporters.names.contains(saveLabels) {
      throw ValidationError("--save-labels wants \(ConvertCommand.formats), not '\(saveLabels)'")
    }
  }

  func run() throws {
    let listing = try PredictionImages(images)
    let entries = listing.entries
    listing.lines.forEach { Terminal.say($0) }
    let folder = try openFolder(entries)
    var writer: DatasetWriter?
    defer {
      writer = nil  // which takes away what it began
      folder.removeIfEmpty()
    }
    let loaded = try options.load(weights)
    let names = loaded.file.classNames ?? (0..<loaded.model.classCount).map { "class \($0)" }
    if let saveLabels {
      writer = try DatasetWriter(
        to: "\(folder.path)/labels-\(saveLabels)", format: saveLabels, classNames: names,
        images: entries.map { (nil, $0.imageID) })
    }
    let survey = try SourceSurvey(entries, limits: tiles.limits)
    let window = try levels.options(training: loaded.file.training).window(for: survey, say: { Terminal.say($0) })
    let tiling = try tiles.tiling(entries, imageSize: loaded.imageSize, weights: loaded.file, say: Terminal.say)
    let source = DirectSource(
      survey, channels: 3, imageSize: loaded.imageSize, tileSide: tiling?.side, window: window)
    var settings = LoaderSettings(
      batch: options.batch, imageSize: loaded.imageSize, mode: .validation, prefetchDepth: 2)
    settings.damagedShare = 1
    settings.tiling = tiling
    // One worker decodes a board once for all of its tiles.
    if tiling != nil { settings.workers = 1 }
    var suppression = NonMaximumSuppression()
    suppression.confidence = conf
    suppression.overlap = iou
    let validator = try Validator(
      source: source, settings: settings, device: loaded.device, precision: loaded.precision,
      suppression: suppression,
      bound: DetectionBound(given: detections.maxDetections, mostBoxes: loaded.file.mostBoxes))
    validator.bound.line.map(Terminal.say)
    let interruption = Interruption()
    guard
      let results = try validator(loaded.model, isCancelled: { interruption.cancellation.isCancelled })
    else {
      Terminal.say("feeder: interrupted; nothing is written")
      throw QuietEnd(status: Interruption.exitStatus)
    }
    validator.cutLine(results).map(Terminal.say)
    validator.joinedLine.map(Terminal.say)
    PictureNames(names).line.map(Terminal.say)
    let drawing = PredictionDrawing(
      entries: entries, classNames: names, window: window, folder: folder, limits: tiles.limits,
      cropped: crops ? source : nil)
    let unreadable = try drawing.draw(results, interruption.cancellation)
    let readable = results.filter { result in !unreadable.contains { $0.imageID == result.imageID } }
    guard !readable.isEmpty else {
      throw CommandError("none of the \(results.count) images could be read; the lines above say why")
    }
    let found = readable.map { (imageID: $0.imageID, detections: $0.detections) }
    try folder.write(
      CallsFile.data(found, classNames: names, micrometres: umPerPixel), as: Self.tableName, isDurable: true)
    try folder.write(PredictionsFile.data(found), as: Self.predictionsName, isDurable: true)
    let labels = try save(results, entries, without: Set(unreadable.map(\.imageID)), writer)
    let count = readable.map(\.detections.count).reduce(0, +)
    try Terminal.show(
      ["\(readable.count) images, \(count) detections: \(folder.path)"]
        + [labels.map { "labels: \($0)" }].compactMap { $0 },
      json: json,
      Report(
        out: folder.path, predictions: "\(folder.path)/\(Self.predictionsName)", labels: labels,
        imageCount: readable.count,
        detectionCount: count, unreadable: unreadable.map(\.path)))
  }

  /// Writes the detections of readable images as labels; gives the folder, nil without a writer.
  private func save(
    _ results: [ImageResult], _ entries: [DatasetEntry], without unreadable: Set<String>, _ writer: DatasetWriter?
  ) throws -> String? {
    guard let writer else { return nil }
    for (index, (result, entry)) in zip(results, entries).enumerated() where !unreadable.contains(entry.imageID) {
      try writer.add(index, path: entry.imagePath, boxes: result.detections.map { ($0.classID, $0.box) })
    }
    return try writer.finish()
  }

  private static let predictionsName = "predictions.json"
  private static let tableName = "predictions.csv"

  /// Opens the folder for the results and checks all their names before any work starts.
  private func openFolder(_ entries: [DatasetEntry]) throws -> OutputFolder {
    if FileManager.default.fileExists(atPath: out + "/args.yaml") {
      throw CommandError(
        "--out \(out): is the folder of a run, which keeps its own predictions.json; name another folder")
    }
    let folder = try OutputFolder(
      out, option: "--out", names: entries.map { $0.imageID + ".jpg" } + [Self.predictionsName, Self.tableName],
      reading: Set(entries.map { URL(filePath: $0.imagePath).deletingLastPathComponent().path })
    ) { name in
      switch name {
      case Self.predictionsName: PredictionsFile.signature
      case Self.tableName: CallsFile.signature
      default: PictureMark.signature
      }
    }
    if let note = folder.note { Terminal.say(note) }
    return folder
  }
}
