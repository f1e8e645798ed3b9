import ArgumentParser
import FeederFiles
import FeederReporting
import FeederRun

/// The flag of commands that can write a timeline of their own work.
struct TraceOptions: ParsableArguments {
  @Option(
    name: .customLong("trace"), parsing: .unconditional,
    help: "Write a timeline of workers, slots and steps that ui.perfetto.dev and chrome://tracing open.")
  var path: String?

  /// Opens the timeline's file before any work starts; nil without `--trace`. `reading` lists the command's input
  /// files.
  func open(json: Bool, reading: () -> [String]) throws -> OutputFile? {
    try OutputFile.open(path, option: "--trace", TraceFile.signature, json: json, reading: reading)
  }

  /// The output of a run that opens the file later.
  func output(json: Bool) -> TraceOutput { TraceOutput(path: path) { try open(json: json, reading: $0) } }
}
