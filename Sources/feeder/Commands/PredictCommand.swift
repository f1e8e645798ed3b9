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

  @Argument(help: "Weights, a .safetensors file.")
  var weights: String
  @Argument(help: "\(ImageCodecs.names) files, or folders of them.")
  var images: [String]
  @Option(help: "The folder for annotated images and predictions.json; made if it is missing.")
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
    if let saveLabels, !DatasetExporters.names.contains(saveLabels) {
      throw ValidationError("--save-labels wants \(ConvertCommand.formats), not '\(saveLabels)'")
    }
  }

  func run() throws {
    let found = try PredictionImages(images)
    let entries = found.entries
    found.lines.forEach { Terminal.say($0) }
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
    let survey = try SourceSurvey(entries)
    let window = try levels.options(training: loaded.file.training).window(for: survey, say: { Terminal.say($0) })
    let source = DirectSource(survey, channels: 3, imageSize: loaded.imageSize, window: window)
    var settings = LoaderSettings(
      batch: options.batch, imageSize: loaded.imageSize, mode: .validation, prefetchDepth: 2)
    settings.damagedShare = 1
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
    let full = results.count { $0.detections.count == validator.bound.count }
    validator.bound.line(cutting: full, isExact: false).map(Terminal.say)
    PictureNames(names).line.map(Terminal.say)
    let unreadable = try draw(results, entries, names, window, into: folder, interruption.cancellation)
    let readable = results.filter { result in !unreadable.contains { $0.imageID == result.imageID } }
    guard !readable.isEmpty else {
      throw CommandError("none of the \(results.count) images could be read; the lines above say why")
    }
    try folder.write(
      PredictionsFile.data(readable.map { ($0.imageID, $0.detections) }), as: Self.predictionsName, isDurable: true)
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

  /// Opens the folder for the results and checks all their names before any work starts.
  private func openFolder(_ entries: [DatasetEntry]) throws -> OutputFolder {
    if FileManager.default.fileExists(atPath: out + "/args.yaml") {
      throw CommandError(
        "--out \(out): is the folder of a run, which keeps its own predictions.json; name another folder")
    }
    let folder = try OutputFolder(
      out, option: "--out", names: entries.map { $0.imageID + ".jpg" } + [Self.predictionsName],
      reading: Set(entries.map { URL(filePath: $0.imagePath).deletingLastPathComponent().path })
    ) { $0 == Self.predictionsName ? PredictionsFile.signature : PictureMark.signature }
    if let note = folder.note { Terminal.say(note) }
    return folder
  }

  /// Writes one annotated JPEG per image. Returns the images that could not be read, after one line on stderr for each.
  private func draw(
    _ results: [ImageResult], _ entries: [DatasetEntry], _ names: [String], _ window: LevelWindow,
    into folder: OutputFolder, _ cancellation: Cancellation
  ) throws -> [(imageID: String, path: String)] {
    let (scratch, encoder) = (try DecodeScratch(pictureWindow: window), try JPEGEncoder())
    let bar = ProgressBar("drawing", total: results.count, unit: "images")
    var unreadable: [(imageID: String, path: String)] = []
    for (done, (result, entry)) in zip(results, entries).enumerated() {
      if cancellation.isCancelled {
        Terminal.say(
          "feeder: interrupted; \(done) of \(results.count) images are drawn, and no predictions are written")
        throw QuietEnd(status: Interruption.exitStatus)
      }
      do {
        let pixels = try scratch.picture(entry.imagePath)
        let jpeg = try AnnotatedImage.jpeg(
          pixels, detections: result.detections, classNames: names, encoder: encoder)
        try folder.write(PictureMark.jpeg(jpeg), as: result.imageID + ".jpg")
      } catch CacheError.damagedImage(let path, let reason) {
        Terminal.say("\(path) \(reason); left out")
        unreadable.append((result.imageID, entry.imagePath))
      }
      bar.advance()
    }
    return unreadable
  }
}
