import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederFiles
import FeederLoader
import FeederRun
import Foundation

/// `feeder bench open`: times opening a data set up to its first batch.
struct BenchOpenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Measures the time from opening a data set to its first training batch.",
    discussion: """
      With a complete cache; it is built first if it is missing. The first pass is what a run sees; the median of the others \
      excludes work that a process does once. --items N measures a cache of N images of one pixel instead of DATA.
      """)

  @Argument(help: "A data.yaml, or the folder that holds one.")
  var data: String?
  @OptionGroup var sources: DataOptions
  @Option(help: "Side of the square images that the network sees, in pixels.")
  var imageSize = LoaderSettings.standardImageSize
  @Option(help: "Images per batch.")
  var batch = LoaderSettings.standardBatch
  @Option(help: "Images of a synthetic cache that is measured instead of a data set.")
  var items: Int?
  @Option(help: "Passes.")
  var passes = 7
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  /// Milliseconds of one pass by phase.
  private struct Pass: Encodable {
    var datasetMilliseconds = 0.0
    var sourceMilliseconds = 0.0
    var loaderMilliseconds = 0.0
    var firstBatchMilliseconds = 0.0
    var totalMilliseconds = 0.0
    /// Growth of this process's anonymous memory since before opening, in bytes: here until the source is open, below
    /// until the first batch.
    var sourceBytes = 0
    var firstBatchBytes = 0
  }

  private struct Report: Encodable {
    let imageCount: Int
    let fileBytes: Int
    let batch: Int
    let imageSize: Int
    let first: Pass
    let median: Pass
  }

  func validate() throws {
    if (data == nil) == (items == nil) { throw ValidationError("give a data set or --items, one of them") }
    if let items, !(1...50_000_000).contains(items) {
      throw ValidationError("--items \(items): give 1 to 50000000")
    }
    if !(2...1000).contains(passes) { throw ValidationError("--passes \(passes): give 2 to 1000") }
    try LoaderSettings.imageSizes.validate(imageSize, "image_size")
    try LoaderSettings.batches.validate(batch, "batch")
  }

  func run() throws {
    let synthetic = try items.map(writeSynthetic)
    defer { synthetic.map { _ = unlink($0) } }
    if synthetic == nil { _ = try open(nil, isFirst: true) }
    var passes: [(Pass, imageCount: Int, fileBytes: Int)] = []
    for _ in 0..<self.passes { passes.append(try measure(synthetic)) }
    let others = passes.dropFirst().map(\.0)
    let report = Report(
      imageCount: passes[0].imageCount, fileBytes: passes[0].fileBytes, batch: batch, imageSize: imageSize,
      first: passes[0].0, median: others.sorted { $0.totalMilliseconds < $1.totalMilliseconds }[others.count / 2])
    let head = "\(report.imageCount) images, a file of \(ByteCount(report.fileBytes)); first pass, then the median"
    let lines = [report.first, report.median].map { pass in
      String(
        format: "first batch after %.1f ms: data set %.1f, source %.1f, loader %.1f, batch %.1f; %@ and %@ of memory",
        pass.totalMilliseconds, pass.datasetMilliseconds, pass.sourceMilliseconds, pass.loaderMilliseconds,
        pass.firstBatchMilliseconds, "\(ByteCount(pass.sourceBytes))", "\(ByteCount(pass.firstBatchBytes))")
    }
    try Terminal.show([head] + lines, json: json, report)
  }

  private func writeSynthetic(_ count: Int) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: UnfinishedFiles.name()).path
    Terminal.say("writing a cache of \(count) images of one pixel")
    try SyntheticCache(count: count).write(to: path)
    return path
  }

  /// Opens the training split. The first call builds a missing cache and prints what was left out.
  private func open(_ dataset: Dataset?, isFirst: Bool = false) throws -> (any ImageSource, fileBytes: Int) {
    guard let data else { preconditionFailure("a data set was given") }
    let dataset = try dataset ?? sources.dataset(data)
    let options = sources.sourceOptions(imageSize: imageSize)
    let opener = isFirst ? SourceOpener(reporting: dataset, options) : SourceOpener(dataset, options)
    let opened = try opener.open(.train)
    return (opened.source, opened.file?.byteCount ?? 0)
  }

  private func measure(_ synthetic: String?) throws -> (Pass, imageCount: Int, fileBytes: Int) {
    var pass = Pass()
    let memory = Self.anonymousBytes
    let start = ContinuousClock.now
    var last = start
    func lap() -> Double {
      let now = ContinuousClock.now
      defer { last = now }
      return (now - last) / .milliseconds(1)
    }
    let source: any ImageSource
    let fileBytes: Int
    if let synthetic {
      let file = try CacheFile(path: synthetic)
      (source, fileBytes) = (ImageCache(file, channels: 1, imageSize: 640), file.byteCount)
    } else {
      let dataset = try sources.dataset(data ?? "")
      pass.datasetMilliseconds = lap()
      (source, fileBytes) = try open(dataset)
    }
    pass.sourceMilliseconds = lap()
    pass.sourceBytes = max(Self.anonymousBytes - memory, 0)
    last = .now
    let loader = try Loader(
      source: source,
      settings: LoaderSettings(
        batch: batch, imageSize: imageSize, mode: .training(AugmentationSettings()),
        memoryBudget: sources.memory.bytes))
    pass.loaderMilliseconds = lap()
    loader.startEpoch(0)
    if let batch = try loader.nextBatch() { batch.release() }
    pass.firstBatchMilliseconds = lap()
    pass.totalMilliseconds = (.now - start) / .milliseconds(1)
    pass.firstBatchBytes = max(Self.anonymousBytes - memory, 0)
    loader.cancel()
    return (pass, source.count, fileBytes)
  }

  /// Resident bytes of this process that belong to no file; 0 if the kernel does not say.
  private static var anonymousBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
    let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
  }
}
