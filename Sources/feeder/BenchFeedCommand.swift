import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederLoader
import FeederTraining
import Foundation

/// `feeder bench feed`: the training stream against a consumer that sleeps while it holds each batch.
struct BenchFeedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feed",
    abstract: "Feeds a consumer that holds each batch for a step's time, and says how long it waited.",
    discussion: """
      The training stream (mosaic), as many epochs as the steps take. The tuner chooses workers and prefetch depth unless \
      --workers or --prefetch pin them. The first steps are warm-up and do not count: a tenth of them, 100 at most.
      """)

  @Argument(help: "A data.yaml, or the folder that holds one; its training split is read.")
  var data: String
  @Option(help: "Milliseconds that the consumer holds each batch.")
  var stepMs: Double
  @Option(help: "Batches to take.")
  var steps = 500
  @Option(help: "MiB a second that storage delivers. (default: what it can)")
  var readMibPerS: Double?
  @Option(help: "Step from which on --read-mib-per-s or --new-step-ms holds; before it, neither.")
  var changeAt: Int?
  @Option(help: "Milliseconds of a step from --change-at on.")
  var newStepMs: Double?
  @Option(help: "Pin the prefetch depth.")
  var prefetch: Int?
  @Option(help: "Pin the workers.")
  var workers: Int?
  @Option(help: "Seed of order and augmentation.")
  var seed: UInt64 = 0
  @OptionGroup var model: ModelOptions
  @OptionGroup var sources: DataOptions
  @Flag(help: "Say on stderr what the tuner changed, and why.")
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
      throw ValidationError("--read-mib-per-s \(rate): give a rate above 0")
    }
    if let changeAt, !(0...steps).contains(changeAt) {
      throw ValidationError("--change-at \(changeAt): give 0 to \(steps), the number of steps")
    }
    if changeAt == nil, newStepMs != nil { throw ValidationError("--new-step-ms needs --change-at") }
    if changeAt != nil, newStepMs == nil, readMibPerS == nil {
      throw ValidationError("--change-at needs --new-step-ms or --read-mib-per-s: what changes?")
    }
    if let workers, !(1...1024).contains(workers) { throw ValidationError("--workers \(workers): give 1 to 1024") }
    if let prefetch, !(1...1024).contains(prefetch) { throw ValidationError("--prefetch \(prefetch): give 1 to 1024") }
  }

  func run() throws {
    let imageSize = model.imageSize ?? 640
    let throttle = StorageThrottle(bytesPerSecond: 0)
    let source = ThrottledSource(
      try sources.opener(try Dataset.open(data), imageSize: imageSize).open(.train).source, throttle)
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let loader = try Loader(
      source: source,
      settings: LoaderSettings(
        batch: model.batch, imageSize: imageSize, mode: .training(AugmentationSettings()), seed: seed,
        workers: workers ?? cores, prefetchDepth: prefetch ?? 8, memoryBudget: sources.memory.bytes))
    let tuned = TunedLoader(
      loader, workers: workers.map { $0...$0 } ?? 1...cores, prefetchDepth: prefetch.map { $0...$0 } ?? 1...64)
    if verbose { tuned.onChange = { Terminal.say($0.line) } }
    var feed = FeedRun(stepCount: steps, batch: model.batch)
    try feed.run(tuned) { step in
      let isChanged = changeAt.map { step >= $0 } ?? true
      if let readMibPerS, isChanged { throttle.bytesPerSecond = Int(readMibPerS * 1_048_576) }
      return (isChanged ? newStepMs ?? stepMs : stepMs) / 1000
    }
    loader.cancel()
    let report = feed.report(tuned, channels: loader.channels, changeAt: changeAt)
    Terminal.say(report.line)
    if json { try Terminal.printJSON(report) }
  }
}
