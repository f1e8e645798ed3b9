import ArgumentParser
import FeederFiles
import FeederReporting
import FeederRun

/// The flag of commands that can write a timeline of themselves.
struct TraceOptions: ParsableArguments {
  @Option(
    name: .customLong("trace"), parsing: .unconditional,
    help: "Write a timeline of workers, slots and steps that ui.perfetto.dev and chrome://tracing open.")
  var path: String?

  /// The file for the timeline, looked at before any work; nil if none is wanted. `reading` lists what the command reads.
  func open(json: Bool, reading: () -> [String]) throws -> OutputFile? {
    try OutputFile.open(path, option: "--trace", TraceFile.signature, json: json, reading: reading)
  }

  /// The file for a run that opens it later.
  func output(json: Bool) -> TraceOutput { TraceOutput(path: path) { try open(json: json, reading: $0) } }
}
