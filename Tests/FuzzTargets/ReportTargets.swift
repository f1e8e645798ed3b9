@testable import FeederCache
import FeederCore
import FeederLoader
import FeederMetrics
import FeederTuning
import Foundation
@testable import FeederReporting

extension FuzzTarget {
  /// A predictions file, scored against three images.
  func readPredictions(_ bytes: [UInt8]) throws {
    let file = try ScratchFile(bytes)
    let images = ["7", "8", "008", "board-1"]  // 8 is two of them
    let truth = GroundTruth(box: Box(x1: 10, y1: 20, x2: 50, y2: 60), classID: 1)
    let detections = try PredictionsFile.read(
      URL(filePath: file.path),
      images: images.map { PredictedImage(imageID: $0, size: PixelSize(side: 640), truths: [truth]) }, classCount: 3
    ).detections
    let results = images.map {
      ImageResult(imageID: $0, detections: detections[$0] ?? [], truths: [truth])
    }
    _ = Accuracy(results: results, classNames: ["a", "b", "c"])
    _ = ConfusionMatrix(results: results, classCount: 3)
    _ = FactoryAccuracy(results: results, classCount: 3, targetEscapeShare: 0.1)
  }

  /// A results.csv and what the report makes of it.
  func readResults(_ bytes: [UInt8]) throws {
    let file = try ScratchFile(bytes)
    let rows = try ResultsCSV.read(URL(filePath: file.path))
    _ = ChartScript(RunCharts.results(rows), columns: RunCharts.resultsColumns, ink: "#000000").lines
    _ = LiveLine.clock(rows.map(\.seconds).reduce(0, +))
    _ = rows.map(\.fields)
  }

  /// A telemetry.csv and what the report makes of it.
  func readTelemetry(_ bytes: [UInt8]) throws {
    let file = try ScratchFile(bytes)
    let rows = try TelemetryFile.rows(of: URL(filePath: file.path))
    let timeline = RunTimeline(rows)
    _ = (timeline.verdict, ChartScript(timeline.charts(memoryBudget: 1e9), columns: 2, ink: "#000000").lines)
    _ = rows.map(\.line)
  }

  /// What one run leaves for the next beside the caches, and numbers of bytes as people write them.
  func readNotes(_ bytes: [UInt8]) throws {
    let file = try ScratchFile(bytes)
    _ = ByteCount(text: String(decoding: bytes.prefix(64), as: UTF8.self))?.description
    _ = LearnedSettingFile(path: file.path, purpose: "fuzz").read { _ in }
    if let decision = FormDecision(path: file.path) { _ = (decision.holds(room: 1 << 30), decision.holds(room: 0)) }
  }

  func predictionSeeds() throws -> [[UInt8]] {
    let url = FileManager.default.temporaryDirectory.appending(path: "feeder-fuzz-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: url) }
    let box = Box(x1: 10, y1: 20, x2: 50.5, y2: 60)
    let detections = [Detection(box: box, classID: 1, score: 0.9), Detection(box: box, classID: 2, score: 1e-3)]
    try PredictionsFile.write([("board-1", detections), ("7", detections)], to: url)
    return [
      [UInt8](try Data(contentsOf: url)), Array(#"[{"image_id":7,"category_id":0.0,"bbox":[1,2,3,4],"score":1}]"#.utf8),
    ]
  }

  func resultSeeds() throws -> [[UInt8]] {
    let url = FileManager.default.temporaryDirectory.appending(path: "feeder-fuzz-\(UUID().uuidString).csv")
    defer { try? FileManager.default.removeItem(at: url) }
    var file = try ResultsCSV(creating: url)
    for epoch in 1...2 {
      try file.append(
        EpochRow(
          epoch: epoch, seconds: 12.5, boxLoss: 1, classLoss: 2, dflLoss: 3, map50: epoch == 1 ? nil : 0.5,
          validationLosses: epoch == 1 ? nil : [1, 2, 3], learningRate: 0.01, imagesPerSecond: 30, stallShare: 0.01,
          prefetchDepth: 4, workers: 2,
          peakHostBytes: 1 << 30, peakDeviceBytes: 0, streamHash: 7))
    }
    return [[UInt8](try Data(contentsOf: url))]
  }

  func telemetrySeeds() throws -> [[UInt8]] {
    var row = TelemetryRow()
    (row.time, row.seconds, row.imageCount, row.stallSeconds) = (1_795_635_953, 1.5, 48, 0.2)
    (row.epoch, row.epochCount, row.loaderBytes) = (1, 3, 1_048_576)
    var last = row
    last.phase = .finished
    return [Array(([TelemetryRow.header, row.line, last.line].joined(separator: "\n") + "\n").utf8)]
  }

  func noteSeeds() throws -> [[UInt8]] {
    let url = FileManager.default.temporaryDirectory.appending(path: "feeder-fuzz-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    try FormDecision(form: .pixels, channels: 1, pixelByteCount: 5, room: 9, reason: "fast").write(to: url.path)
    let decision = [UInt8](try Data(contentsOf: url))
    try LearnedSettingFile(path: url.path, purpose: "fuzz").write(
      LearnedSetting(setting: TuningSetting(workers: 2, prefetchDepth: 4), stepCount: 100))
    return [decision, [UInt8](try Data(contentsOf: url)), Array("1.5 GiB".utf8)]
  }
}
