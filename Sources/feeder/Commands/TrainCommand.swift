import ArgumentParser
import FeederRun

/// `feeder train`: trains a network and writes the run folder.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains a detector and writes a run folder.")

  @Argument(
    help: "A data.yaml, or the folder that holds one. With --resume only if the run's data has moved.")
  var data: String?
  @Option(parsing: .unconditional, help: "The run folder; taken names get a number. (default: runs/train)")
  var out: String?
  @Option(
    parsing: .unconditional,
    help: "Resume the run in this folder, with its data and settings; some may change (docs/run-folder.md).")
  var resume: String?
  @Option(parsing: .unconditional, help: "A YAML file with the same keys; flags override it.")
  var config: String?
  @OptionGroup var options: TrainOptions
  @OptionGroup var tracing: TraceOptions
  @Flag(help: "Print the memory that the run would take, layer by layer, and exit.")
  var plan = false
  @Flag(help: "Show what the loader's tuner decides, and why.")
  var verbose = false
  @Option(
    help:
      "Seconds without progress (or ten steps, if longer) after which the run ends as stuck; 0: never."
  )
  var watchdog = 60.0
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func validate() throws {
    if data == nil, resume == nil {
      throw ValidationError("Missing expected argument '<data>': name a data.yaml, or --resume with a run folder")
    }
    if !(watchdog == 0 || (1...86_400).contains(watchdog)) {
      throw ValidationError("--watchdog \(watchdog): give 1 to 86400 seconds, or 0")
    }
  }

  func run() throws {
    var orders = TrainingRun.Orders()
    orders.flags = options.given
    (orders.data, orders.out, orders.resume, orders.config) = (data, out, resume, config)
    (orders.trace, orders.plansOnly, orders.isVerbose) = (tracing.output(json: json), plan, verbose)
    (orders.watchdog, orders.json) = (watchdog, json)
    guard let (report, traceFailure) = try TrainingRun(orders).run() else { return }
    if json { try Terminal.printJSON(report) }
    if let traceFailure { throw traceFailure }
  }
}
