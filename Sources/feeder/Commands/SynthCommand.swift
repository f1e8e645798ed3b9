import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederLoader
import FeederRun
import FeederSynthetic
import Foundation

/// `feeder synth`: draws synthetic boards with labelled defects.
struct SynthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synth", abstract: "Draws synthetic boards with labelled defects, as a data set in YOLO layout.")

  @Option(help: "The folder to make; it must not exist or be empty.")
  var out: String
  @Option(help: "Boards to draw, both splits together.")
  var boards = 200
  @Option(help: "Pixels per side, or WIDTHxHEIGHT.")
  var size = "640"
  @Option(help: "Another seed draws other boards.")
  var seed: UInt64 = 0
  @Flag(help: "Also write each board's defect-free template, under templates/.")
  var pairs = false
  @Option(help: "1: black on white, like DeepPCB; 3: boards in colour.")
  var channels = 1
  @Option(help: "The share of boards for validation.")
  var valShare = 0.2
  @Option(help: "JPEG quality, 1 to 100; DeepPCB's is 75.")
  var quality = 75
  @Option(help: "Threads that draw; by default one per core. The files do not depend on it.")
  var threads = CoreLimit.current.usable
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func validate() throws {
    if let problem = try settings().problem { throw ValidationError(problem.flags) }
    try LoaderSettings.threads.validate(threads, "threads")
  }

  func run() throws {
    let settings = try settings()
    let bar = ProgressBar("drawing", total: settings.boardCount, unit: "boards")
    let interruption = Interruption()
    let start = ContinuousClock.now
    let summary: SyntheticSummary
    do {
      summary = try SyntheticDataset.write(
        settings, to: out, threads: threads, cancellation: interruption.cancellation, progress: { bar.advance() })
    } catch DatasetError.cancelled {
      Terminal.say("feeder: \(DatasetError.cancelled)")
      throw QuietEnd(status: Interruption.exitStatus)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let counts = [Split.train, .val].map {
      "\($0): \(summary.imageCounts[$0] ?? 0) boards, \(summary.boxCounts[$0] ?? 0) boxes"
    }
    try Terminal.show(
      ["\(summary.folder): " + counts.joined(separator: "; ")], json: json, Report(summary, settings, seconds: seconds))
  }

  private func settings() throws -> SyntheticSettings {
    var settings = SyntheticSettings()
    settings.boardCount = boards
    settings.size = try Self.pixelSize(size)
    settings.seed = seed
    settings.channels = channels
    settings.withTemplates = pairs
    settings.valShare = valShare
    settings.quality = quality
    return settings
  }

  /// `640` or `1600x1200`.
  private static func pixelSize(_ text: String) throws -> PixelSize {
    let sides = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    switch (sides.first ?? nil, sides.last ?? nil, sides.count) {
    case (let side?, _, 1): return PixelSize(side: side)
    case (let width?, let height?, 2): return PixelSize(width: width, height: height)
    default:
      throw ValidationError(
        "--size \(text): give \(SyntheticSettings.sides.lowerBound) to \(SyntheticSettings.sides.upperBound) pixels, or WIDTHxHEIGHT"
      )
    }
  }

  private struct Report: Encodable {
    let out: String
    let boardCount: Int
    let seed: UInt64
    let channels: Int
    let widthPixels: Int
    let heightPixels: Int
    let splits: [String: Counts]
    let classes: [ClassCount]
    let seconds: Double
    let boardsPerSecond: Double

    struct Counts: Encodable {
      let imageCount: Int
      let boxCount: Int
    }

    struct ClassCount: Encodable {
      let name: String
      let boxCount: Int
    }

    init(_ summary: SyntheticSummary, _ settings: SyntheticSettings, seconds: Double) {
      out = summary.folder
      boardCount = settings.boardCount
      seed = settings.seed
      channels = settings.channels
      widthPixels = settings.size.width
      heightPixels = settings.size.height
      splits = Dictionary(
        uniqueKeysWithValues: [Split.train, .val].map {
          ($0.rawValue, Counts(imageCount: summary.imageCounts[$0] ?? 0, boxCount: summary.boxCounts[$0] ?? 0))
        })
      classes = zip(summary.classNames, summary.classBoxCounts).map { ClassCount(name: $0, boxCount: $1) }
      self.seconds = seconds
      boardsPerSecond = Double(settings.boardCount) / max(seconds, 1e-9)
    }
  }
}
