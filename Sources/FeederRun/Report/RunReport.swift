import FeederCache
import FeederCodecs
import FeederCore
import FeederDatasets
import FeederDetection
import FeederImaging
import FeederLoader
import FeederMetrics
import FeederProfiling
import FeederReporting
import FeederTorch
import FeederTraining
import FeederWeights
import Foundation

/// Writes a run's results for people: validates the best weights again, draws pictures, and writes report.html.
package struct RunReport {
  /// Number of worst images that are shown.
  private static let worstCount = 12

  let record: RunRecord
  let settings: RunPlan
  let dataset: Dataset
  let train: OpenedSource
  let validation: OpenedSource
  /// Bytes that loading may take.
  let memory: Int
  /// Costs of an escape and of a false call; nil if they are not known.
  package var costs: (escape: Double, falseCall: Double)?

  /// The report of the run that `record` describes.
  package init(
    record: RunRecord, settings: RunPlan, dataset: Dataset, train: OpenedSource, validation: OpenedSource,
    memory: Int, costs: (escape: Double, falseCall: Double)? = nil
  ) {
    self.record = record
    self.settings = settings
    self.dataset = dataset
    self.train = train
    self.validation = validation
    self.memory = memory
    self.costs = costs
  }

  private var folder: RunFolder { record.folder }
  private var classNames: [String] { dataset.classNames }

  /// Validates, draws and writes. Returns the accuracy of the best weights; nil if cancelled. Throws if the weights
  /// cannot be read or a file cannot be written.
  package func write(isCancelled: () -> Bool) throws -> AccuracyReport? {
    try RunPictures.refuseForeign(in: folder)
    guard let results = try validate(isCancelled) else { return nil }
    let accuracy = Accuracy(
      results: results, classNames: classNames, maxDetections: settings.maxDetections, inTiles: settings.tiling != nil)
    try PredictionsFile.write(results.map { ($0.imageID, $0.detections) }, to: folder.predictions)
    let curves = AccuracyCurves(results: results)
    let matrix = ConfusionMatrix(results: results, classCount: classNames.count)
    let names = PictureNames(classNames)
    names.line.map(Terminal.say)
    try BatchPictures(folder: folder, classNames: classNames)
      .writeValidation(results, of: validation, batch: settings.batch)
    let plotter = Plotter()
    if let plotter {
      let pictures = RunPictures(folder: folder, plotter: plotter)
      try pictures.writeResults(record.epochs)
      try pictures.writeAccuracy(curves, matrix, names: names)
    } else {
      Terminal.say(Plotter.absence)
    }
    let content = try content(results, accuracy, curves, matrix)
    try ReportPage.write(content, plotter: plotter, to: folder.report)
    return AccuracyReport(accuracy)
  }

  /// The best weights, or the last ones if there are no best ones.
  private var bestPath: String {
    FileManager.default.fileExists(atPath: folder.bestWeights.path) ? folder.bestWeights.path : folder.lastWeights.path
  }

  /// Validation results of the best weights, or of the last ones if there are no best ones; nil if cancelled.
  private func validate(_ isCancelled: () -> Bool) throws -> [ImageResult]? {
    let path = bestPath
    let file = try WeightsFile(path: path)
    if let origin = file.origin { Terminal.say("\(path): these weights \(origin.line)") }
    let match = try ClassMatch(file, classNames: classNames, data: dataset.configurationURL.path)
    if let line = match.line { Terminal.say(line) }
    guard let design = file.design else { throw CommandError("\(path): holds no YOLOv8 detector") }
    try settings.adopt()
    let model = try DetectionNetwork(design, classCount: classNames.count, device: settings.device)
    try file.load(into: model.state)
    var loading = LoaderSettings(
      batch: settings.batch, imageSize: settings.imageSize, mode: .validation, prefetchDepth: 1, memoryBudget: memory)
    loading.tiling = settings.tiling
    let bound = DetectionBound(given: settings.maxDetections, mostBoxes: validation.source.mostLabels)
    let validator = try Validator(
      source: validation.source, settings: loading, device: settings.device, precision: settings.precision, bound: bound
    )
    Terminal.say(
      "validating \(path)" + (path == folder.bestWeights.path ? "" : ", because \(folder.bestWeights.path) is missing"))
    return try validator(model, isCancelled: isCancelled).map(match.callAsFunction)
  }

  // MARK: - Parts of the page

  private func content(
    _ results: [ImageResult], _ accuracy: Accuracy, _ curves: AccuracyCurves, _ matrix: ConfusionMatrix
  ) throws -> ReportContent {
    let timeline = RunTimeline(record.telemetry)
    func share(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "-" }
    let rate = record.epochs.map(\.imagesPerSecond).reduce(0, +) / Double(max(record.epochs.count, 1))
    let figures = [
      ReportContent.Figure("mAP50-95", share(accuracy.map50_95)), .init("mAP50", share(accuracy.map50)),
      .init("precision", share(accuracy.precision)), .init("recall", share(accuracy.recall)),
      .init("epochs", "\(record.epochs.count)"), .init("best epoch", record.best.map { "\($0.epoch)" } ?? "-"),
      .init("images/s", String(format: "%.1f", rate)),
      .init("stall share", timeline.stallShare.map { String(format: "%.1f %%", $0 * 100) } ?? "-"),
      .init("time", LiveLine.clock(record.epochs.map(\.seconds).reduce(0, +))),
    ]
    return ReportContent(
      title: "\(settings.model.name) on \(dataset.configurationURL.deletingLastPathComponent().lastPathComponent)",
      verdict: timeline.verdict, figures: figures,
      parts: [
        subject(), ReportContent.Part("Curves", charts: RunCharts.results(record.epochs)),
        accuracyPart(accuracy, curves, matrix), try worst(results, accuracy), factory(results),
        ReportContent.Part(
          "Use of time",
          text: ["Shares of the run's time, over all its processes; `feeder profile` finds what would make it faster."],
          charts: record.telemetry.isEmpty
            ? []
            : timeline.charts(memoryBudget: record["memory"].flatMap { ByteCount(text: $0) }.map { Double($0.bytes) })),
      ])
  }

  private func subject() -> ReportContent.Part {
    func split(_ opened: OpenedSource) -> String {
      "\(opened.entries.count) images, \(opened.entries.map(\.labels.count).reduce(0, +)) boxes"
    }
    let processor = Processor()
    var rows = [
      ["data", dataset.configurationURL.path], ["classes", classNames.joined(separator: ", ")],
    ]
    let legend = PictureNames(classNames).legend
    if !legend.isEmpty { rows.append(["names in pictures", legend.joined(separator: ", ")]) }
    if let origin = try? WeightsFile(path: bestPath).origin { rows.append(["these weights", origin.line]) }
    rows += [
      ["train", split(train)], ["val", split(validation)],
      ["stream of the first epoch", record.epochs.first.map { String(format: "%016llx", $0.streamHash) } ?? "-"],
      ["machine", "\(processor.model), \(CoreLimit.current.usable) cores, \(settings.device)"],
      ["libtorch", Engine.version], ["libjpeg-turbo", JPEGLibrary.version],
    ]
    return ReportContent.Part(
      "Run and data",
      text: [
        "The stream is the checksum of every pixel and box of the first epoch in their order: equal data, seed and settings give equal "
          + "ones."
      ], tables: [ReportContent.Table([], rows)],
      details: [
        ("All settings (args.yaml)", .init(["setting", "value"], record.arguments.map { [$0.key, $0.value] }))
      ])
  }

  private func accuracyPart(
    _ accuracy: Accuracy, _ curves: AccuracyCurves, _ matrix: ConfusionMatrix
  ) -> ReportContent.Part {
    func text(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "-" }
    let all = [
      "all", "\(accuracy.imageCount)", "\(accuracy.boxCount)", text(accuracy.precision), text(accuracy.recall),
      text(accuracy.map50), text(accuracy.map50_95),
    ]
    let classes = accuracy.classes.map { value in
      [
        value.name, "\(value.imageCount)", "\(value.boxCount)", text(value.precision), text(value.recall),
        text(value.ap50), text(value.ap50_95),
      ]
    }
    let names = PictureNames(forPage: classNames)
    let byConfidence = AccuracyCharts.byConfidence(curves, names: names)
    return ReportContent.Part(
      "Accuracy of the best weights",
      text: [
        "Precision and recall at confidence \(text(accuracy.bestConfidence)) (largest F1); the matrix counts detections of at "
          + "least confidence \(ConfusionMatrix.confidence)."
      ],
      charts: [AccuracyCharts.precisionRecall(curves, names: names), byConfidence.f1],
      tables: [
        .init(["class", "images", "boxes", "precision", "recall", "mAP50", "mAP50-95"], [all] + classes),
        .init(
          ["size of the box", "mAP50-95"],
          [
            ["small: up to 32 x 32 px", text(accuracy.map50_95Small)],
            ["medium: 32 x 32 to 96 x 96 px", text(accuracy.map50_95Medium)],
            ["large: from 96 x 96 px", text(accuracy.map50_95Large)],
          ]),
      ], matrix: (classNames, matrix))
  }

  private func worst(_ results: [ImageResult], _ accuracy: Accuracy) throws -> ReportContent.Part {
    let worst = ImageErrors.worst(results, confidence: accuracy.bestConfidence, count: Self.worstCount)
    let entries = Dictionary(zip(results.map(\.imageID), validation.entries)) { first, _ in first }
    let (scratch, encoder) = (try DecodeScratch(pictureWindow: validation.window), try JPEGEncoder())
    let pictures = try worst.compactMap { errors -> ReportContent.Picture? in
      guard let entry = entries[errors.imageID] else { return nil }
      let jpeg = try BatchPictures.errors(errors, of: entry, classNames: classNames, scratch, encoder)
      let caption =
        "\(errors.imageID): \(errors.missed.count) missed, \(errors.falseCalls.count) false, \(errors.hits.count) right"
      return jpeg.map { ReportContent.Picture($0, caption: caption) }
    }
    let text =
      worst.isEmpty
      ? "No image has a missed box or a false call at the confidence of the best F1."
      : "Green: right. Red: missed. Orange: false call. At the confidence of the best F1, overlap 0.5."
    return ReportContent.Part("Worst images", text: [text], pictures: pictures)
  }

  private func factory(_ results: [ImageResult]) -> ReportContent.Part {
    guard results.count > 1 else {
      return ReportContent.Part("Boards", text: ["Thresholds need at least 2 boards."])
    }
    let target = 0.01
    let accuracy = FactoryAccuracy(results: results, classCount: classNames.count, targetEscapeShare: target)
    let report = FactoryReport(accuracy, classNames: classNames, targetEscapeShare: target, costs: costs)
    func share(_ bounds: BinomialBounds) -> Double { bounds.share * 100 }
    func calls(_ count: BoardCount) -> Double { Double(count.falseCallCount) / Double(max(count.boardCount, 1)) }
    func series(_ name: String, _ half: (FactoryAccuracy.Point) -> BoardCount, isMain: Bool = false) -> Chart.Series {
      Chart.Series(
        name, accuracy.curve.map { (calls(half($0)), share(half($0).escapes)) }.sorted { $0.0 < $1.0 }, isMain: isMain)
    }
    var charts = [
      Chart(
        "escapes over false calls", x: "false calls per board", y: "% of defective boards that escape",
        .lines([series("tested", \.tested, isMain: true), series("solved", \.solved)]))
    ]
    if let costs {
      let points = accuracy.curve.map { point in
        (x: point.missShare * 100, y: point.tested.cost(ofEscape: costs.escape, ofFalseCall: costs.falseCall))
      }
      charts.append(
        Chart(
          "cost per board", x: "% of boxes that may be missed", y: "cost",
          .lines([Chart.Series("tested", points.sorted { $0.x < $1.x }, isMain: true)])))
    }
    return ReportContent.Part(
      "Boards: escapes and false calls",
      text: [
        "Thresholds are solved by class on every other board of the validation split, and counted on the rest; bounds are 95 % "
          + "Clopper-Pearson."
      ] + report.lines, charts: charts)
  }
}
