import FeederCache
import FeederCore
import FeederDatasets
import FeederLoader
import FeederProfiling
import FeederTraining
import Foundation

/// What the four loading benches share: the cache opened in the form that the bench reads, its records in memory, the report.
package struct LoadingBench {
  /// Which entries are read in which order.
  package enum Order { case shuffled, dataset }

  /// What a loading bench is asked for.
  package struct Settings: Sendable {
    /// Images per batch.
    package var batch: Int
    /// Side of a square output image, in pixels.
    package var imageSize: Int
    /// Threads that work, and as many of the floor.
    package var threads: Int
    /// Batches ready or in work beside the one that the consumer holds.
    package var prefetch: Int
    /// Seconds to measure in all, half of them the floor.
    package var seconds: Double
    /// Bytes that loading may take.
    package var memory: Int

    /// All of them.
    package init(batch: Int, imageSize: Int, threads: Int, prefetch: Int, seconds: Double, memory: Int) {
      self.batch = batch
      self.imageSize = imageSize
      self.threads = threads
      self.prefetch = prefetch
      self.seconds = seconds
      self.memory = memory
    }
  }

  /// The bench's own name.
  let name: String
  let settings: Settings
  package let cache: ImageCache
  /// Readable entries in order of delivery; the streams repeat it.
  let order: [Int]
  /// Their records in the same order.
  let records: VerifiedRecords

  /// What a loading bench prints with `--json`.
  package struct Report: Encodable {
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
    /// The result in one line, for people.
    package let line: String

    private enum CodingKeys: String, CodingKey {
      case imagesPerSecond, windows, floorImagesPerSecond, floorWindows, ratioToFloor, cpuMicrosecondsPerImage
      case floorCpuMicrosecondsPerImage, threads, batch, imageSize, channels, prefetchDepth, imageCount, imageBytes
      case peakBytes
    }
  }

  /// A bench over `cache`; reads every record once. `order` says in which order the records come; `data` names the data set in errors.
  /// Throws `BenchError` if no image can be read, and `CacheError`.
  package init(_ name: String, _ cache: ImageCache, order: Order, settings: Settings, data: String) throws {
    self.name = name
    self.settings = settings
    self.cache = cache
    let all =
      order == .shuffled
      ? EpochOrder.permutation(count: cache.count, seed: 0, epoch: 0).map(Int.init) : Array(0..<cache.count)
    self.order = all.filter { cache.nativeSize($0) != nil }
    guard !self.order.isEmpty else { throw BenchError("\(data): no image of the training split can be read") }
    records = try VerifiedRecords(cache, order: self.order)
  }

  /// Images a batch.
  var batch: Int { settings.batch }
  /// Threads that work.
  var threads: Int { settings.threads }
  /// Side of a square output image, in pixels.
  package var imageSize: Int { settings.imageSize }

  /// The loader with images at their native size in the bench's order, and the prefetch depth that --memory leaves it. Throws
  /// `LoaderError`.
  package func nativeStream() throws -> (stream: LoaderStream, prefetchDepth: Int) {
    let filler = NativeFiller(cache, order: order)
    let settings = loaderSettings(.validation)
    return (LoaderStream(.native(filler), settings: settings), try Loader.plan(filler, settings).prefetchDepth)
  }

  /// The same loader that training and validation use, with every thread a worker.
  package func loaderStream(_ mode: LoaderMode) -> LoaderStream {
    LoaderStream(.stream(cache), settings: loaderSettings(mode))
  }

  private func loaderSettings(_ mode: LoaderMode) -> LoaderSettings {
    LoaderSettings(
      batch: batch, imageSize: imageSize, mode: mode, workers: threads, prefetchDepth: settings.prefetch,
      memoryBudget: settings.memory)
  }

  /// Bytes of a square output image.
  package var outputBytes: Int { cache.channels * imageSize * imageSize }

  /// Bytes of the largest image at its native size.
  package var largestImageBytes: Int { NativeFiller(cache, order: order).placeByteCount }

  /// The longest side of any image at its native size.
  package var largestNativeSide: Int {
    order.compactMap { cache.nativeSize($0) }.map { max($0.width, $0.height) }.max() ?? 0
  }

  /// Measures both sides in turn. `imageSize` and `imageBytes` are those of a delivered image, the
  /// largest where they differ.
  package func measure(
    _ ours: some ImageStream, floor: BareLoop, imageSize: Int, imageBytes: Int, prefetchDepth: Int
  ) throws -> Report {
    var ours = ours
    var floor = floor
    let paired = try PairedThroughput(&ours, floor: &floor, plan: PairedThroughput.Plan(seconds: settings.seconds))
    let windows = paired.ours.windows
    let line = String(
      format: "%@, %d %@, %d threads, batch %d: %.0f images/s (%.0f to %.0f), floor %.0f, ratio %.3f; "
        + "processor time an image %.0f us, floor %.0f us", name,
      cache.channels, cache.channels == 1 ? "channel" : "channels", threads, batch, paired.ours.imagesPerSecond,
      windows.min() ?? 0, windows.max() ?? 0, paired.floor.imagesPerSecond, paired.ratioToFloor,
      paired.ours.processorSecondsPerImage * 1e6, paired.floor.processorSecondsPerImage * 1e6)
    return Report(
      imagesPerSecond: paired.ours.imagesPerSecond, windows: windows,
      floorImagesPerSecond: paired.floor.imagesPerSecond, floorWindows: paired.floor.windows,
      ratioToFloor: paired.ratioToFloor, cpuMicrosecondsPerImage: paired.ours.processorSecondsPerImage * 1e6,
      floorCpuMicrosecondsPerImage: paired.floor.processorSecondsPerImage * 1e6, threads: threads, batch: batch,
      imageSize: imageSize,
      channels: cache.channels, prefetchDepth: prefetchDepth, imageCount: order.count, imageBytes: imageBytes,
      peakBytes: HostMemory.peakBytes, line: line)
  }
}
