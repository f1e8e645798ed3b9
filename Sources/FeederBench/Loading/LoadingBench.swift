import FeederCache
import FeederCore
import FeederDatasets
import FeederLoader
import FeederProfiling
import FeederTraining
import Foundation

/// The common part of the four loading benches: the cache in the right form, its records in memory, and the report.
package struct LoadingBench {
  /// The order in which entries are read.
  package enum Order { case shuffled, dataset }

  /// The settings of a loading bench.
  package struct Settings: Sendable {
    /// Images per batch.
    package var batch: Int
    /// Side of a square output image, in pixels.
    package var imageSize: Int
    /// Threads of the loader, and as many for the floor.
    package var threads: Int
    /// Batches filled ahead of the consumer.
    package var prefetch: Int
    /// Seconds of measuring in all, half of them for the floor.
    package var seconds: Double
    /// Bytes that loading may take.
    package var memory: Int

    /// Settings with these values.
    package init(batch: Int, imageSize: Int, threads: Int, prefetch: Int, seconds: Double, memory: Int) {
      self.batch = batch
      self.imageSize = imageSize
      self.threads = threads
      self.prefetch = prefetch
      self.seconds = seconds
      self.memory = memory
    }
  }

  /// The name of the bench, for the report.
  let name: String
  let settings: Settings
  /// The cache that the bench reads.
  package let cache: ImageCache
  /// The readable entries in order of delivery. The streams repeat it.
  let order: [Int]
  /// The records of `order`, in the same order.
  let records: VerifiedRecords

  /// The document of a loading bench's `--json`.
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

  /// A bench over `cache`. Reads every record once. `data` names the data set in errors. Throws `BenchError` if no
  /// image can be read, and `CacheError` if the cache cannot.
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

  /// Images per batch.
  var batch: Int { settings.batch }
  /// Threads of the loader.
  var threads: Int { settings.threads }
  /// Side of a square output image, in pixels.
  package var imageSize: Int { settings.imageSize }

  /// The loader with images at native size in the bench's order, and the prefetch depth that fits into the memory.
  /// Throws `LoaderError`.
  package func nativeStream() throws -> (stream: LoaderStream, prefetchDepth: Int) {
    let filler = NativeFiller(cache, order: order)
    let settings = loaderSettings(.validation)
    return (LoaderStream(.native(filler), settings: settings), try Loader.plan(filler, settings).prefetchDepth)
  }

  /// The loader as training or validation uses it, with one worker per thread.
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

  /// Bytes of the largest image at native size.
  package var largestImageBytes: Int { NativeFiller(cache, order: order).placeByteCount }

  /// The longest side of any image at native size, in pixels.
  package var largestNativeSide: Int {
    order.compactMap { cache.nativeSize($0) }.map { max($0.width, $0.height) }.max() ?? 0
  }

  /// Measures `ours` and `floor` in turn. `imageSize` (pixels) and `imageBytes` describe a delivered image; the largest
  /// if they differ. Throws what a stream throws.
  package func measure(
    _ ours: some ImageStream, floor: BareLoop, imageSize: Int, imageBytes: Int, prefetchDepth: Int
  ) throws -> Report {
    var ours = ours
    var floor = floor
    let paired = try PairedThroughput(&ours, floor: &floor, plan: PairedThroughput.Plan(seconds: settings.seconds))
    let windows = paired.ours.windows
    let line = String(
      format: "%@, %d %@, %d threads, batch %d: %.0f images/s (%.0f to %.0f), floor %.0f, ratio %.3f; "
        + "processor time per image %.0f us, floor %.0f us", name,
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
