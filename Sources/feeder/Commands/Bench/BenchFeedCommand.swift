import ArgumentParser
import FeederBench
import FeederCache
import FeederCore
import FeederDatasets
import FeederLoader
import FeederRun
import FeederTraining
import FeederTuning
import Foundation

/// `feeder bench feed`: the training stream with a consumer that sleeps while it holds each batch.
struct BenchFeedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feed",
    abstract: "Feeds a consumer that holds each batch for a step's time, and measures how long it waits.",
    discussion: """
      The training stream (mosaic), as many epochs as the steps take. The tuner chooses workers and prefetch depth unless \
      --workers or --prefetch pin them. The first steps are warm-up and do not count: a tenth of them, 100 at most. \
      --sweep also runs every fixed setting, each phase alone, and prints the tuner's regret.
      """)

  @Argument(help: "A data.yaml, or the folder that holds one; its training split is read.")
  var data: String
  @Option(help: "Milliseconds that the consumer holds each batch.")
  var stepMs: Double
  @Option(help: "Batches to take.")
  var steps = 500
  @Option(help: "MiB per second that storage delivers. (default: no limit)")
  var readMibPerS: Double?
  @Option(help: "First step at which --read-mib-per-s, --new-step-ms and --decode-times apply.")
  var changeAt: Int?
  @Option(help: "Milliseconds per step from --change-at on.")
  var newStepMs: Double?
  @Option(help: "How often each image is decoded; needs --cache jpeg or none, because pixels are not decoded.")
  var decodeTimes: Int?
  @Option(help: "Milliseconds for which the loader pauses every --pause-every steps.")
  var pauseMs: Double?
  @Option(help: "Steps from one pause to the next.")
  var pauseEvery: Int?
  @Flag(help: "Also run 1 worker to all cores x depths 1 to 32, each phase alone: the tuner's oracle.")
  var sweep = false
  @Option(help: "How often --sweep runs everything; figures are medians.")
  var rounds = 1
  @Option(help: "Pin the prefetch depth.")
  var prefetch: Int?
  @Option(help: "Pin the workers.")
  var workers: Int?
  @Option(help: "Seed of order and augmentation.")
  var seed: UInt64 = 0
  @OptionGroup var model: ModelOptions
  @OptionGroup var sources: DataOptions
  @OptionGroup var tracing: TraceOptions
  @Flag(help: "Print on stderr what the tuner changed, and why.")
  var verbose = false
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func validate() throws {
    for (flag, value) in [("--step-ms", stepMs), ("--new-step-ms", newStepMs ?? 1)]
    where !(value >= 0 && value <= 60_000) {
      throw ValidationError("\(flag) \(value): give 0 to 60000 milliseconds")
    }
    if !(1...10_000_000).contains(steps) { throw ValidationError("--steps \(steps): give 1 to 10000000") }
    if let rate = readMibPerS, !(rate > 0 && rate < 1e6) {
      throw ValidationError("--read-mib-per-s \(rate): give a rate above 0 and below 1000000 MiB per second")
    }
    if let changeAt, !(0...steps).contains(changeAt) {
      throw ValidationError("--change-at \(changeAt): give 0 to \(steps), the number of steps")
    }
    if changeAt == nil, newStepMs != nil { throw ValidationError("--new-step-ms needs --change-at") }
    if changeAt != nil, newStepMs == nil, readMibPerS == nil, decodeTimes == nil {
      throw ValidationError("--change-at needs --new-step-ms, --read-mib-per-s or --decode-times: what changes?")
    }
    if let decodeTimes, !(1...100).contains(decodeTimes) {
      throw ValidationError("--decode-times \(decodeTimes): give 1 to 100")
    }
    if decodeTimes != nil, sources.cache == .pixels || sources.cache == .auto {
      throw ValidationError("--decode-times needs --cache jpeg or none: pixels are not decoded")
    }
    if (pauseMs == nil) != (pauseEvery == nil) { throw ValidationError("--pause-ms and --pause-every need each other") }
    if let pauseMs, !(pauseMs > 0 && pauseMs <= 60_000) {
      throw ValidationError("--pause-ms \(pauseMs): give more than 0 and up to 60000 milliseconds")
    }
    if let pauseEvery, !(1...10_000_000).contains(pauseEvery) {
      throw ValidationError("--pause-every \(pauseEvery): give 1 to 10000000 steps")
    }
    if !(1...100).contains(rounds) { throw ValidationError("--rounds \(rounds): give 1 to 100") }
    if sweep, tracing.path != nil { throw ValidationError("--trace shows one run, --sweep makes many") }
    if sweep, workers != nil || prefetch != nil {
      throw ValidationError("--sweep finds the workers and the depth itself")
    }
    try LoaderSettings.threads.validate(workers, "workers")
    try LoaderSettings.depths.validate(prefetch, "prefetch")
  }

  func run() throws {
    if rounds > 1, !sweep { IdleFlags.say("--rounds", "without --sweep there is one run; give --sweep too") }
    let imageSize = model.imageSize ?? LoaderSettings.standardImageSize
    let dataset = try sources.dataset(data)
    let trace = try tracing.open(json: json) { InputFiles.of(dataset) }
    let scene = scene(try sources.opener(dataset, imageSize: imageSize).open(.train).source)
    let cores = CoreLimit.current.usable
    let range = workers.map { $0...$0 } ?? 1...cores
    func makeLoader(_ fixed: TuningSetting?, trace: Trace? = nil) throws -> TunedLoader {
      let loader = try Loader(
        source: scene.source,
        settings: LoaderSettings(
          batch: model.batch, imageSize: imageSize, mode: .training(AugmentationSettings()), seed: seed,
          workers: fixed?.workers ?? range.upperBound, prefetchDepth: fixed?.prefetchDepth ?? prefetch ?? 8,
          memoryBudget: sources.memory.bytes), trace: trace)
      let tuned = TunedLoader(
        loader, workers: fixed.map { $0.workers...$0.workers } ?? range,
        prefetchDepth: (fixed?.prefetchDepth ?? prefetch).map { $0...$0 } ?? 1...64)
      if verbose { tuned.onChange = { Terminal.say($0.line) } }
      return tuned
    }
    var report: FeedRun.Report
    var lines: [String] = []
    var traceFailure: (any Error)?
    if sweep {
      let sweep = FeedSweep(scene: scene, batch: model.batch, workers: range, rounds: rounds) { try makeLoader($0) }
      let (feed, tuned, phases) = try sweep { Terminal.say($0) }
      report = feed.report(tuned, channels: scene.source.channels, changeAt: changeAt)
      report.phases = phases
      lines = phases.map(\.line)
    } else {
      (report, traceFailure) = try TraceOutput.during(trace) { trace in
        let tuned = try makeLoader(nil, trace: trace)
        var feed = FeedRun(stepCount: steps, batch: model.batch)
        try feed.run(tuned, trace: trace) { scene.enter(step: $0) }
        tuned.loader.cancel()
        return feed.report(tuned, channels: scene.source.channels, changeAt: changeAt)
      }
    }
    try Terminal.show(lines + [report.line], json: json, report)
    if let traceFailure { throw traceFailure }
  }

  /// The conditions of each phase, from the flags.
  private func scene(_ source: any ImageSource) -> FeedScene {
    let disturbed = FeedScene.Conditions(
      stepSeconds: (newStepMs ?? stepMs) / 1000, bytesPerSecond: Int((readMibPerS ?? 0) * 1_048_576),
      decodeCount: decodeTimes ?? 1)
    var phases = [(firstStep: 0, conditions: disturbed)]
    if let changeAt, changeAt > 0, changeAt < steps {
      let calm = FeedScene.Conditions(stepSeconds: stepMs / 1000, bytesPerSecond: 0, decodeCount: 1)
      phases = [(0, calm), (changeAt, disturbed)]
    } else if changeAt == steps {
      phases = [(0, FeedScene.Conditions(stepSeconds: stepMs / 1000, bytesPerSecond: 0, decodeCount: 1))]
    }
    let pause = pauseMs.flatMap { milliseconds in pauseEvery.map { (seconds: milliseconds / 1000, steps: $0) } }
    return FeedScene(source, stepCount: steps, phases: phases, pause: pause)
  }
}
