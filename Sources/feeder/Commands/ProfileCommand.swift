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

/// `feeder profile`: prints what limits a run and what would make it faster.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "Finds what limits a run, and predicts the gain of each remedy.",
    discussion: """
      Measures the loader with a consumer that never waits, the device's step with its data ready, and the storage past the \
      page cache; names the smallest of them and ranks remedies by what they would bring. --confirm applies the best one that \
      a flag can apply and prints the prediction beside the measurement.
      """)

  @Argument(help: "A data.yaml, or the folder that holds one; its training split is read.")
  var data: String
  @Option(help: "One of \(ModelDesign.names).")
  var model = "yolov8n"
  @OptionGroup var options: ModelOptions
  @OptionGroup var tiles: TileFlags
  @OptionGroup var sources: DataOptions
  @OptionGroup var tracing: TraceOptions
  @Option(help: "Milliseconds per step instead of a measured step: how a faster device would use this loader.")
  var stepMs: Double?
  @Option(help: "MiB per second that storage delivers, as if memory held no file. (default: the real storage)")
  var readMibPerS: Double?
  @Option(help: "How often each image is decoded; has no effect on pixels.")
  var decodeTimes = 1
  @Option(help: "Threads of the loader. (default: the cores that the step leaves)")
  var workers: Int?
  @Option(help: "Threads of one engine operator. (default: all cores)")
  var threads: Int?
  @Option(help: "Seconds of each measurement, at least.")
  var seconds = 3.0
  @Flag(help: "Apply the best remedy that a flag can apply, and measure what it brought.")
  var confirm = false
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func validate() throws {
    if ModelDesign(named: model) == nil { throw ValidationError(ModelDesign.refusal(of: model).flags) }
    if let stepMs, !(stepMs > 0 && stepMs <= 60_000) {
      throw ValidationError("--step-ms \(stepMs): give more than 0 and up to 60000 milliseconds")
    }
    if let rate = readMibPerS, !(rate > 0 && rate < 1e6) {
      throw ValidationError("--read-mib-per-s \(rate): give a rate above 0 and below 1000000 MiB per second")
    }
    if !(1...100).contains(decodeTimes) { throw ValidationError("--decode-times \(decodeTimes): give 1 to 100") }
    if !(0.1...600).contains(seconds) { throw ValidationError("--seconds \(seconds): give 0.1 to 600 seconds") }
    try LoaderSettings.threads.validate(workers, "workers")
    try LoaderSettings.threads.validate(threads, "threads")
  }

  /// A given step replaces the measured one, so flags of the device's work have no effect.
  private func sayIdleFlags() {
    guard stepMs != nil else { return }
    let reason = "--step-ms replaces the measured step"
    if threads != nil { IdleFlags.say("--threads", reason) }
    if model != "yolov8n" { IdleFlags.say("--model", reason) }
    if options.precision != "auto" { IdleFlags.say("--precision", reason) }
  }

  func run() throws {
    sayIdleFlags()
    let device = try DeviceChoice.device(options.device)
    let policy = PrecisionPolicy(options.chosenPrecision, on: device)
    try policy.check()
    let threads = threads ?? CoreLimit.current.usable
    try Engine.setThreadCount(threads)
    let dataset = try sources.dataset(data)
    let trace = try tracing.open(json: json) { InputFiles.of(dataset) }
    let imageSize = options.imageSize ?? LoaderSettings.standardImageSize
    let tiling = try tiles.tiling(try dataset.entries(.train), imageSize: imageSize, say: Terminal.say)
    let work = try ProfileWork(
      dataset, sources.sourceOptions(imageSize: imageSize, tileSide: tiling?.side),
      opener: { SourceOpener(reporting: dataset, $0) }, imageSize: imageSize, tiling: tiling, batch: options.batch,
      design: ModelDesign(named: model) ?? .yolov8n, device: device, precision: policy.precision,
      stepSeconds: stepMs.map { $0 / 1000 },
      storage: readMibPerS.map { $0 * 1_048_576 }, decodeCount: decodeTimes, seconds: seconds)
    if decodeTimes > 1, !work.isDecoded { IdleFlags.say("--decode-times", "pixels are not decoded; give --cache jpeg") }
    let cores = CoreLimit.current.usable
    // A step on the CPU takes its threads' cores from the loader, as in training.
    let most = stepMs == nil && device == .cpu ? max(cores - threads, 1) : cores
    var (report, traceFailure) = try TraceOutput.during(trace) {
      try work.profile(workers: workers ?? most, mostWorkers: max(workers ?? 1, most), trace: $0)
    }
    var lines = report.lines
    if confirm {
      report.confirmation = try work.confirm(report)
      lines.append(report.confirmation?.line ?? "nothing to confirm: no remedy that a flag applies")
    }
    try Terminal.show(lines, json: json, report)
    if let traceFailure { throw traceFailure }
  }
}
