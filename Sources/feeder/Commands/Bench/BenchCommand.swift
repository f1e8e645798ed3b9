import ArgumentParser
import FeederBench
import FeederCache
import FeederCore
import FeederDatasets
import FeederDetection
import FeederLoader
import FeederProfiling
import FeederRun
import FeederTorch
import FeederTraining
import Foundation

/// `feeder bench`: one measured number.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures one number.",
    subcommands: [
      BenchDecodeCommand.self, BenchLetterboxCommand.self, BenchCachedCommand.self, BenchMosaicCommand.self,
      BenchOpenCommand.self, BenchFormsCommand.self, BenchStepCommand.self, BenchFeedCommand.self,
      BenchTunerCommand.self, BenchParityCommand.self,
    ])
}

/// `feeder bench step`: times a training step whose data is ready.
struct BenchStepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step",
    abstract: "Times a training step whose data is ready: forward, loss, backward, clipping, update and average.")

  @Argument(help: "A data.yaml, or the folder that holds one.")
  var data: String
  @Option(help: "One of \(ModelDesign.names).")
  var model = "yolov8n"
  @OptionGroup var options: ModelOptions
  @OptionGroup var sources: DataOptions
  @Option(help: "Threads of one engine operator. (default: all cores)")
  var threads: Int?
  @Option(help: "Seconds to measure, at least.")
  var seconds = 10.0
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  private struct Report: Encodable {
    let millisecondsPerStep: Double
    let imagesPerSecond: Double
    let stepCount: Int
    let fastestMilliseconds: Double
    let slowestMilliseconds: Double
    let peakBytes: Int
    let growthBytes: Int
    let plannedGrowthBytes: Int
    let tensorPeakBytes: Int
    let mostBoxes: Int
    let precision: String
    let device: String
    let threads: Int
    let batch: Int
    let imageSize: Int
    let model: String
  }

  func validate() throws {
    try LoaderSettings.threads.validate(threads, "threads")
    if !(seconds > 0 && seconds <= 86_400) {
      throw ValidationError("--seconds \(seconds): give more than 0 and up to 86400 seconds")
    }
  }

  func run() throws {
    guard let design = ModelDesign(named: model) else { throw SettingError(ModelDesign.refusal(of: model)) }
    let device = try DeviceChoice.device(options.device)
    let policy = PrecisionPolicy(options.chosenPrecision, on: device)
    try policy.check()
    let precision = policy.precision
    let threads = threads ?? CoreLimit.current.usable
    let imageSize = options.imageSize ?? LoaderSettings.standardImageSize
    try Engine.setThreadCount(threads)
    let dataset = try sources.dataset(data)
    let source = try sources.opener(dataset, imageSize: imageSize).open(.train).source
    let loader = try Loader(
      source: source,
      settings: LoaderSettings(
        batch: options.batch, imageSize: imageSize, mode: .training(AugmentationSettings()), prefetchDepth: 1))
    loader.startEpoch(0)
    guard let batch = try loader.nextBatch() else { throw CommandError("\(data): the training split gives no batch") }
    let count = batch.imageCount
    let targets = batch.targetBoxes
    let memory = MemoryWatch(plan(design, precision, device, imageSize, count, targets, dataset.classNames.count))
    EngineMemory.resetHostPeak()
    var work = try TrainingWork(
      design, classCount: dataset.classNames.count, precision: precision, device: device, batch: batch)
    batch.release()
    loader.cancel()
    let timing = try StepTiming(&work, atLeast: seconds)
    let median = timing.medianSeconds
    let report = Report(
      millisecondsPerStep: median * 1000, imagesPerSecond: Double(count) / median, stepCount: timing.seconds.count,
      fastestMilliseconds: timing.range.lowerBound * 1000, slowestMilliseconds: timing.range.upperBound * 1000,
      peakBytes: HostMemory.peakBytes, growthBytes: memory.growthByteCount,
      plannedGrowthBytes: memory.plan.growthByteCount, tensorPeakBytes: try EngineMemory.peakBytes(on: device),
      mostBoxes: memory.plan.boxes, precision: precision.rawValue, device: "\(device)", threads: threads, batch: count,
      imageSize: imageSize, model: design.name)
    let line = String(
      format: "%@, %d x %d px, %@, %d threads: %.0f ms per step (%.0f to %.0f), %.1f images/s", design.name, count,
      imageSize, precision.rawValue, threads, report.millisecondsPerStep, report.fastestMilliseconds,
      report.slowestMilliseconds, report.imagesPerSecond)
    try Terminal.show([line], json: json, report)
  }

  /// The memory that the step is expected to need. Its data is already loaded.
  private func plan(
    _ design: ModelDesign, _ precision: Precision, _ device: Device, _ imageSize: Int, _ count: Int,
    _ targets: [TargetBox], _ classCount: Int
  ) -> MemoryPlan {
    var request = TrainingRequest()
    (request.model, request.precision, request.imageSize, request.batch) = (design, precision, imageSize, count)
    let boxes = Dictionary(grouping: targets, by: \.imageIndex).values.map(\.count).max() ?? 0
    return MemoryPlan(
      RunPlan(request, on: device), rule: .adamw, classCount: classCount, load: MemoryPlan.Load(boxes: boxes))
  }
}
