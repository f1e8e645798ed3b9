import FeederCache
import FeederCore
import FeederDatasets
import FeederDetection
import FeederLoader
import FeederProfiling
import FeederTorch
import FeederTraining
import Foundation

/// Makes the measurements of `feeder profile`, and the runs that confirm its remedies.
package struct ProfileWork {
  private static let prefetchDepth = 8
  /// Least number of batches in a measurement.
  private static let leastBatchCount = 4

  /// The loader's figures while a consumer took batch after batch.
  private struct Window {
    let imagesPerSecond: Double
    let costs: StageCosts
    let byteCount: Int
  }

  private let dataset: Dataset
  private let sources: SourceOptions
  private let makeOpener: (SourceOptions) -> SourceOpener
  private let imageSize: Int
  private let tiling: Tiling?
  private let batch: Int
  private let design: ModelDesign
  private let device: Device
  private let precision: Precision
  private let stepSeconds: Double?
  private let storage: Double?
  private let decodeCount: Int
  private let seconds: Double
  private let costs: FormCosts
  private let opened: OpenedSource

  /// Opens the training split. `storage` (bytes per second) replaces the measured rate, `stepSeconds` the measured
  /// step. Throws if the data cannot be opened.
  package init(
    _ dataset: Dataset, _ sources: SourceOptions, opener makeOpener: @escaping (SourceOptions) -> SourceOpener,
    imageSize: Int, tiling: Tiling? = nil, batch: Int, design: ModelDesign, device: Device,
    precision: Precision, stepSeconds: Double?, storage: Double?, decodeCount: Int, seconds: Double
  ) throws {
    self.dataset = dataset
    self.sources = sources
    self.makeOpener = makeOpener
    self.imageSize = imageSize
    self.tiling = tiling
    self.batch = batch
    self.design = design
    self.device = device
    self.precision = precision
    self.stepSeconds = stepSeconds
    self.storage = storage
    self.decodeCount = decodeCount
    self.seconds = seconds
    opened = try makeOpener(sources).open(.train)
    var options = sources
    options.channels = opened.source.channels
    costs = try SourceOpener(dataset, options).decide(.train, storageBytesPerSecond: storage).costs
  }

  /// True if the loader decodes images: there is no cache, or it holds encoded images.
  package var isDecoded: Bool { (opened.file?.recipe.form ?? .encoded) == .encoded }
  private var form: String { opened.file?.recipe.form.rawValue ?? "none" }

  /// Measures all stages with `workers` loader threads, and the loader alone with `mostWorkers` if that is more.
  /// `trace` records the loader with a consumer that never waits. Throws what loader and device throw.
  package func profile(workers: Int, mostWorkers: Int, trace: Trace?) throws -> ProfileReport {
    let cold = storage == nil ? try coldRate(workers: workers) : nil
    let loader = try window(opened, workers: workers, trace: trace)
    let all = mostWorkers > workers ? try window(opened, workers: mostWorkers) : nil
    let deviceRate = try deviceRate(precision)
    let diagnosis = Diagnosis(
      Diagnosis.Measurements(
        costs: loader.costs, workers: workers, loaderImagesPerSecond: loader.imagesPerSecond,
        deviceImagesPerSecond: deviceRate.imagesPerSecond, copyImagesPerSecond: deviceRate.copyImagesPerSecond,
        storageBytesPerSecond: costs.storageBytesPerSecond))
    let data = Remedy.Data(
      isDecoded: isDecoded, encodedByteCount: costs.encodedByteCount, pixelByteCount: costs.pixelByteCount,
      decodeSeconds: costs.decodeSeconds * Double(decodeCount), room: costs.room, imageCount: costs.imageCount)
    let ranked = Remedy.ranked(
      for: diagnosis, data: data,
      allCores: all.map {
        Remedy.AllCores(
          workers: mostWorkers, imagesPerSecond: $0.imagesPerSecond, byteCount: max($0.byteCount - loader.byteCount, 0))
      }, precisions: try otherPrecisions())
    return ProfileReport(
      diagnosis, ranked, cold: cold, cache: form, batch: batch, device: stepSeconds == nil ? "\(device)" : "given step",
      precision: precision.rawValue)
  }

  /// Applies the best remedy that a flag can apply, and measures whole runs before and after. Nil if there is none.
  /// Throws what loader and device throw.
  package func confirm(_ report: ProfileReport) throws -> ProfileReport.Confirmation? {
    guard let remedy = report.ranked.first(where: { $0.change.isFlag }) else { return nil }
    var (source, workers, precision) = (opened, report.workers, precision)
    switch remedy.change {
    case .workers(let count): workers = count
    case .pixels, .encoded:
      var options = sources
      options.channels = opened.source.channels
      options.cache = remedy.change == .pixels ? .pixels : .jpeg
      source = try makeOpener(options).open(.train)
    case .precision(let name): precision = Precision(rawValue: name) ?? precision
    case .memory, .cores: return nil
    }
    let before = try runRate(opened, workers: report.workers, precision: self.precision)
    let after = try runRate(source, workers: workers, precision: precision)
    return ProfileReport.Confirmation(
      action: remedy.change.action, beforeImagesPerSecond: before,
      predictedImagesPerSecond: remedy.predictedImagesPerSecond,
      measuredImagesPerSecond: after, ratio: after / remedy.predictedImagesPerSecond)
  }

  // MARK: - The loader

  private func loader(_ opened: OpenedSource, workers: Int, trace: Trace? = nil) throws -> Loader {
    var source: any ImageSource = opened.source
    if let storage { source = ThrottledSource(source, StorageThrottle(bytesPerSecond: Int(storage))) }
    if decodeCount > 1, isDecoded {
      let disturbed = DisturbedSource(source)
      disturbed.decodeCount = decodeCount
      source = disturbed
    }
    return try Loader(source: source, settings: settings(workers, Self.prefetchDepth, sources.memory), trace: trace)
  }

  private func settings(_ workers: Int, _ prefetchDepth: Int, _ memory: Int?) -> LoaderSettings {
    var settings = LoaderSettings(
      batch: batch, imageSize: imageSize, mode: .training(AugmentationSettings()), workers: workers,
      prefetchDepth: prefetchDepth, memoryBudget: memory)
    settings.tiling = tiling
    return settings
  }

  /// Takes batches for `seconds`, after `warmup` batches. `consume` gets each. Returns images per second and costs.
  private func take(
    _ loader: Loader, warmup: Int, _ consume: (borrowing Batch) throws -> Void
  ) throws -> (imagesPerSecond: Double, costs: StageCosts?) {
    let clock = ContinuousClock()
    var (epoch, count, imageCount) = (0, 0, 0)
    var (start, before) = (clock.now, loader.telemetry)
    loader.startEpoch(epoch)
    loader.announceEpoch(epoch + 1)
    while count < Self.leastBatchCount + warmup || (clock.now - start) / .seconds(1) < seconds {
      guard let batch = try loader.nextBatch() else {
        epoch += 1
        loader.startEpoch(epoch)
        loader.announceEpoch(epoch + 1)
        continue
      }
      try consume(batch)
      count += 1
      if count > warmup { imageCount += batch.imageCount }
      batch.release()
      if count == warmup { (start, before) = (clock.now, loader.telemetry) }
    }
    let elapsed = (clock.now - start) / .seconds(1)
    return (Double(imageCount) / max(elapsed, 1e-9), StageCosts(loader.telemetry, since: before))
  }

  /// Measures the loader with a consumer that never waits.
  private func window(_ opened: OpenedSource, workers: Int, trace: Trace? = nil) throws -> Window {
    let loader = try loader(opened, workers: workers, trace: trace)
    defer { loader.cancel() }
    let (rate, costs) = try take(loader, warmup: Self.prefetchDepth + 1) { _ in }
    guard let costs else { throw BenchError("\(dataset.configurationURL.path): the training split gives no batch") }
    return Window(imagesPerSecond: rate, costs: costs, byteCount: loader.plannedBytes)
  }

  /// Images per second of the first epoch, or of `seconds` of it, with none of its bytes in memory.
  private func coldRate(workers: Int) throws -> Double {
    opened.dropFromMemory()
    let loader = try loader(opened, workers: workers)
    defer { loader.cancel() }
    let clock = ContinuousClock()
    let start = clock.now
    var imageCount = 0
    loader.startEpoch(0)
    while (clock.now - start) / .seconds(1) < seconds, let batch = try loader.nextBatch() {
      imageCount += batch.imageCount
      batch.release()
    }
    return Double(imageCount) / max((clock.now - start) / .seconds(1), 1e-9)
  }

  // MARK: - The device

  /// Calls `body` with the first training batch.
  private func withBatch<R>(_ body: (borrowing Batch) throws -> R) throws -> R {
    let loader = try Loader(source: opened.source, settings: settings(LoaderSettings.defaultWorkers, 1, nil))
    defer { loader.cancel() }
    loader.startEpoch(0)
    guard let batch = try loader.nextBatch() else {
      throw BenchError("\(dataset.configurationURL.path): the training split gives no batch")
    }
    return try body(batch)
  }

  /// Images per second of the step with its data ready (or of a given step), and on a GPU of the copy to the device.
  private func deviceRate(_ precision: Precision) throws -> (imagesPerSecond: Double, copyImagesPerSecond: Double?) {
    if let stepSeconds { return (Double(batch) / stepSeconds, nil) }
    return try withBatch { batch in
      let count = Double(batch.imageCount)
      var work = try TrainingWork(
        design, classCount: dataset.classNames.count, precision: precision, device: device, batch: batch)
      let step = count / (try StepTiming(&work, atLeast: seconds).medianSeconds)
      guard device != .cpu else { return (step, nil) }
      var times: [Double] = []
      for _ in 0..<20 {
        let start = ContinuousClock.now
        _ = try batch.networkInput(on: device).sum().item()
        times.append((.now - start) / .seconds(1))
      }
      return (step, count / StepTiming(seconds: Array(times.dropFirst(3))).medianSeconds)
    }
  }

  /// Images per second in the half precision that this device computes in hardware, if the run uses another one.
  private func otherPrecisions() throws -> [(name: String, imagesPerSecond: Double)] {
    guard stepSeconds == nil, precision == .fp32 || precision == .tf32 else { return [] }
    let other: Precision
    if device == .cpu {
      guard Processor().hasBFloat16 else { return [] }
      other = .bf16
    } else {
      other = PrecisionPolicy(.auto, on: device).precision
      guard other == .bf16 || other == .fp16 else { return [] }
    }
    return [(other.rawValue, try deviceRate(other).imagesPerSecond)]
  }

  // MARK: - Whole runs

  /// Images per second of loader and device together.
  private func runRate(_ opened: OpenedSource, workers: Int, precision: Precision) throws -> Double {
    let loader = try loader(opened, workers: workers)
    defer { loader.cancel() }
    if let stepSeconds {
      return try take(loader, warmup: Self.prefetchDepth + 1) { _ in MonotonicClock().sleep(seconds: stepSeconds) }
        .imagesPerSecond
    }
    var work = try withBatch {
      try TrainingWork(design, classCount: dataset.classNames.count, precision: precision, device: device, batch: $0)
    }
    return try take(loader, warmup: 3) { try work($0) }.imagesPerSecond
  }
}
