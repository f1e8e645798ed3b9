import ArgumentParser
import FeederBench
import FeederCache
import FeederCore
import FeederDatasets
import FeederLoader
import FeederRun
import Foundation

/// `feeder bench forms`: measures every cache form and prints which one `--cache auto` chooses.
struct BenchFormsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forms",
    abstract: "Loads the training split in every cache form, cold and warm, beside what --cache auto chooses.",
    discussion: """
      Cold: an epoch whose bytes were dropped from memory before. Warm: the fastest of the epochs after it. With \
      --read-mib-per-s every epoch reads all its bytes at that rate, as if memory held none of them.
      """)

  @Argument(help: "A data.yaml, or the folder that holds one.")
  var data: String
  @OptionGroup var sources: DataOptions
  @Option(help: "Side of the square images that the network sees, in pixels.")
  var imageSize = LoaderSettings.standardImageSize
  @Option(help: "Images per batch.")
  var batch = LoaderSettings.standardBatch
  @Option(help: "Warm epochs.")
  var epochs = 2
  @Option(help: "MiB per second that storage delivers, as if memory held no file; 0: the real storage.")
  var readMibPerS = 0.0
  @Flag(help: "Validation images instead of training mosaics.")
  var letterboxed = false
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  private struct Form: Encodable {
    let form: String
    let fileBytes: Int
    let coldImagesPerSecond: Double
    let warmImagesPerSecond: Double
    let readMibPerSecond: Double
    let missedShare: Double
  }

  private struct Report: Encodable {
    let imageCount: Int
    let chosen: String
    let reason: String
    /// Time to choose the form: list the images, read their headers, tell grey from colour, and measure the storage.
    let decisionMilliseconds: Double
    let fastest: String
    let forms: [Form]
  }

  func validate() throws {
    try LoaderSettings.imageSizes.validate(imageSize, "image_size")
    try LoaderSettings.batches.validate(batch, "batch")
    if !(1...100).contains(epochs) { throw ValidationError("--epochs \(epochs): give 1 to 100") }
    if !(readMibPerS >= 0 && readMibPerS <= 1e6) {
      throw ValidationError("--read-mib-per-s \(readMibPerS): give 0 to 1000000")
    }
  }

  func run() throws {
    let dataset = try sources.dataset(data)
    if sources.cache != .auto { IdleFlags.say("--cache", "every form is measured") }
    var options = sources.sourceOptions(imageSize: imageSize)
    options.cache = .auto
    let rate = readMibPerS * 1_048_576
    let start = ContinuousClock.now
    let decided = try SourceOpener(dataset, options).decide(.train, storageBytesPerSecond: rate > 0 ? rate : nil)
    let milliseconds = (.now - start) / .milliseconds(1)
    let reason = decided.costs.line
    var lines = ["auto, decided in \(Int(milliseconds)) ms: \(decided.form.rawValue) (\(reason))"]
    var forms: [Form] = []
    for choice in [CacheChoice.pixels, .jpeg, .none] {
      options.cache = choice
      options.channels = decided.channels
      let opened = try SourceOpener(reporting: dataset, options).open(.train)
      let form = try measure(opened, choice, rate: Int(rate))
      lines.append(
        String(
          format: "%@: cold %.0f, warm %.0f images/s (%@, %.0f MiB/s read, %.1f %% of it missed)", form.form,
          form.coldImagesPerSecond, form.warmImagesPerSecond, "\(ByteCount(form.fileBytes))", form.readMibPerSecond,
          form.missedShare * 100))
      forms.append(form)
    }
    guard let fastest = forms.filter({ $0.form != "none" }).max(by: { $0.warmImagesPerSecond < $1.warmImagesPerSecond })
    else { return }
    lines.append("fastest: \(fastest.form); auto chose \(decided.form.rawValue)")
    try Terminal.show(
      lines, json: json,
      Report(
        imageCount: decided.costs.imageCount, chosen: decided.form.rawValue, reason: reason,
        decisionMilliseconds: milliseconds, fastest: fastest.form, forms: forms))
  }

  private func measure(_ opened: OpenedSource, _ choice: CacheChoice, rate: Int) throws -> Form {
    opened.dropFromMemory()
    let source: any ImageSource =
      rate > 0 ? ThrottledSource(opened.source, StorageThrottle(bytesPerSecond: rate)) : opened.source
    let loader = try Loader(
      source: source,
      settings: LoaderSettings(
        batch: batch, imageSize: imageSize, mode: letterboxed ? .validation : .training(AugmentationSettings()),
        workers: ProcessInfo.processInfo.activeProcessorCount, memoryBudget: sources.memory.bytes))
    defer { loader.cancel() }
    var rates: [Double] = []
    var last = loader.telemetry
    var missedShare = 0.0
    var readRate = 0.0
    for epoch in 0...epochs {
      let start = ContinuousClock.now
      loader.startEpoch(epoch)
      var count = 0
      while let batch = try loader.nextBatch() {
        count += batch.imageCount
        batch.release()
      }
      let seconds = (.now - start) / .seconds(1)
      rates.append(Double(count) / seconds)
      let now = loader.telemetry
      let read = Double(now.readByteCount - last.readByteCount)
      readRate = read / seconds / 1_048_576
      if epoch == 0 { missedShare = Double(now.missedByteCount - last.missedByteCount) / max(read, 1) }
      last = now
    }
    return Form(
      form: choice.rawValue, fileBytes: opened.file?.byteCount ?? 0, coldImagesPerSecond: rates[0],
      warmImagesPerSecond: rates.dropFirst().max() ?? 0, readMibPerSecond: readRate, missedShare: missedShare)
  }
}
