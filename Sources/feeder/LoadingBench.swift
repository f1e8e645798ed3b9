import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederLoader
import FeederProfiling
import FeederTraining
import Foundation

/// The flags of `feeder bench decode|letterbox|cached|mosaic`.
struct LoadingOptions: ParsableArguments {
  @Argument(help: "A data.yaml, or the folder that holds one; its training split is read.")
  var data: String
  @OptionGroup var model: ModelOptions
  @OptionGroup var sources: DataOptions
  @Option(help: "Threads that work, and as many of the floor. (default: all cores)")
  var threads: Int?
  @Option(help: "Batches ready or in work beside the one that the consumer holds.")
  var prefetch = 4
  @Option(help: "Seconds to measure in all, half of them the floor; warm-ups come on top.")
  var seconds = 10.0
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads): give 1 to 1024") }
    if !(1...1024).contains(prefetch) { throw ValidationError("--prefetch \(prefetch): give 1 to 1024") }
    if !(seconds > 0 && seconds <= 86_400) {
      throw ValidationError("--seconds \(seconds): give more than 0 and up to 86400 seconds")
    }
  }
}

/// What the four loading benches share: the cache opened in the form that the bench reads, its records in memory, the report.
struct LoadingBench {
  /// Which entries are read in which order.
  enum Order { case shuffled, dataset }

  /// The bench's own name.
  let name: String
  let options: LoadingOptions
  let cache: ImageCache
  /// Readable entries in order of delivery; the streams repeat it.
  let order: [Int]
  /// Their records in the same order.
  let records: VerifiedRecords
  let threads: Int
  let imageSize: Int

  private struct Report: Encodable {
    let imagesPerSecond: Double
    let windows: [Double]
    let floorImagesPerSecond: Double
    let floorWindows: [Double]
    let ratioToFloor: Double
    let cpuMicrosecondsPerImage: Double
    let floorCpuMicrosecondsPerImage: Double
    let threads: Int
    let batch: Int
    let imageSize: Int
    let channels: Int
    let prefetchDepth: Int
    let imageCount: Int
    let imageBytes: Int
    let peakBytes: Int
  }

  /// Opens the training split as `form`, and reads every record once.
  init(_ name: String, _ options: LoadingOptions, form: CacheForm, order: Order) throws {
    self.name = name
    self.options = options
    imageSize = options.model.imageSize ?? 640
    threads = options.threads ?? CoreLimit.current.usable
    guard options.sources.cache == .auto || options.sources.cache.rawValue == form.rawValue else {
      throw CommandError(
        "--cache \(options.sources.cache.rawValue): bench \(name) reads the \(form.rawValue) cache; leave --cache out")
    }
    if options.model.device != "auto" || options.model.precision != "auto" {
      Terminal.say("warning: --device and --precision have no effect on bench \(name)")
    }
    var sources = options.sources
    sources.cache = form == .jpeg ? .jpeg : .pixels
    let opened = try sources.opener(try options.sources.dataset(options.data), imageSize: imageSize).open(.train)
    guard let cache = opened.source as? ImageCache else { preconditionFailure("a cache was asked for") }
    self.cache = cache
    let all = order == .shuffled ? NativeBatches.shuffled(count: cache.count, seed: 0) : Array(0..<cache.count)
    self.order = all.filter { cache.nativeSize($0) != nil }
    guard !self.order.isEmpty else { throw CommandError("\(options.data): no image of the training split can be read") }
    records = try VerifiedRecords(cache, order: self.order)
  }

  /// Images a batch.
  var batch: Int { options.model.batch }

  /// Settings of the native batches, within --memory.
  func nativeSettings() throws -> NativeBatches.Settings {
    var settings = NativeBatches.Settings(
      order: order, batch: batch, workers: threads, prefetchDepth: options.prefetch)
    try settings.fit(cache, budget: options.sources.memory.bytes)
    return settings
  }

  /// The same loader that training and validation use, with every thread a worker.
  func loaderStream(_ mode: LoaderMode) -> LoaderStream {
    LoaderStream(
      source: cache,
      settings: LoaderSettings(
        batch: batch, imageSize: imageSize, mode: mode, workers: threads, prefetchDepth: options.prefetch,
        memoryBudget: options.sources.memory.bytes))
  }

  /// Bytes of a square output image.
  var outputBytes: Int { cache.channels * imageSize * imageSize }

  /// Bytes of the largest image at its native size.
  var largestImageBytes: Int {
    (order.compactMap { cache.nativeSize($0) }.map { $0.width * $0.height }.max() ?? 0) * cache.channels
  }

  /// The longest side of any image at its native size.
  var largestNativeSide: Int { order.compactMap { cache.nativeSize($0) }.map { max($0.width, $0.height) }.max() ?? 0 }

  /// Measures both sides in turn and prints the result. `imageSize` and `imageBytes` are those of a delivered image, the
  /// largest where they differ.
  func measure(
    _ ours: some ImageStream, floor: BareLoop, imageSize: Int, imageBytes: Int, prefetchDepth: Int
  ) throws {
    var ours = ours
    var floor = floor
    let paired = try PairedThroughput(&ours, floor: &floor, plan: PairedThroughput.Plan(seconds: options.seconds))
    let windows = paired.ours.windows
    let line = String(
      format: "%@, %d %@, %d threads, batch %d: %.0f images/s (%.0f to %.0f), floor %.0f, ratio %.3f; "
        + "processor time an image %.0f us, floor %.0f us", name,
      cache.channels, cache.channels == 1 ? "channel" : "channels", threads, batch, paired.ours.imagesPerSecond,
      windows.min() ?? 0, windows.max() ?? 0, paired.floor.imagesPerSecond, paired.ratioToFloor,
      paired.ours.processorSecondsPerImage * 1e6, paired.floor.processorSecondsPerImage * 1e6)
    try Terminal.show(
      [line], json: options.json,
      Report(
        imagesPerSecond: paired.ours.imagesPerSecond, windows: windows,
        floorImagesPerSecond: paired.floor.imagesPerSecond, floorWindows: paired.floor.windows,
        ratioToFloor: paired.ratioToFloor, cpuMicrosecondsPerImage: paired.ours.processorSecondsPerImage * 1e6,
        floorCpuMicrosecondsPerImage: paired.floor.processorSecondsPerImage * 1e6, threads: threads, batch: batch,
        imageSize: imageSize,
        channels: cache.channels, prefetchDepth: prefetchDepth, imageCount: order.count, imageBytes: imageBytes,
        peakBytes: HostMemory.peakBytes))
  }
}
