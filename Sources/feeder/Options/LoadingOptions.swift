import ArgumentParser
import FeederBench
import FeederCache
import FeederLoader
import FeederRun

/// The flags of `feeder bench decode|letterbox|cached|mosaic`.
struct LoadingOptions: ParsableArguments {
  @Argument(help: "A data.yaml, or the folder that holds one; its training split is read.")
  var data: String
  @OptionGroup var model: ModelOptions
  @OptionGroup var sources: DataOptions
  @Option(help: "Threads that work; the floor gets as many. (default: all cores)")
  var threads: Int?
  @Option(help: "Batches filled ahead of the consumer.")
  var prefetch = LoaderSettings.defaultPrefetchDepth
  @Option(help: "Seconds to measure in all, half of them the floor, without warm-ups.")
  var seconds = 10.0
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func validate() throws {
    try LoaderSettings.threads.validate(threads, "threads")
    try LoaderSettings.depths.validate(prefetch, "prefetch")
    if !(seconds > 0 && seconds <= 86_400) {
      throw ValidationError("--seconds \(seconds): give more than 0 and up to 86400 seconds")
    }
  }

  /// The bench `name` over the training split, opened as `form`. Throws `CommandError` if `--cache` names another form.
  func bench(_ name: String, form: CacheForm, order: LoadingBench.Order) throws -> LoadingBench {
    let imageSize = model.imageSize ?? LoaderSettings.standardImageSize
    guard sources.cache == .auto || sources.cache.rawValue == form.rawValue else {
      throw CommandError(
        "--cache \(sources.cache.rawValue): bench \(name) reads the \(form.rawValue) cache; leave --cache out")
    }
    if model.device != "auto" || model.precision != "auto" {
      Terminal.say("warning: --device and --precision have no effect on bench \(name)")
    }
    var sources = sources
    sources.cache = form == .encoded ? .jpeg : .pixels
    let opened = try sources.opener(try sources.dataset(data), imageSize: imageSize).open(.train)
    guard let cache = opened.source as? ImageCache else { preconditionFailure("a cache was asked for") }
    let settings = LoadingBench.Settings(
      batch: model.batch, imageSize: imageSize, threads: threads ?? CoreLimit.current.usable, prefetch: prefetch,
      seconds: seconds, memory: sources.memory.bytes)
    return try LoadingBench(name, cache, order: order, settings: settings, data: data)
  }

  /// Prints a bench's report.
  func show(_ report: LoadingBench.Report) throws { try Terminal.show([report.line], json: json, report) }
}
