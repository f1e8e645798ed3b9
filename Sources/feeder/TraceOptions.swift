import ArgumentParser
import FeederCore
import FeederFiles
import FeederReporting
import FeederRun
import Foundation

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

  /// True if the folder of the file is there by now; that of a run is made later.
  var hasFolder: Bool {
    path.map { FileManager.default.fileExists(atPath: URL(filePath: $0).deletingLastPathComponent().path) } ?? false
  }

  /// Runs `body` with a trace, if there is a `file` for it, and writes it whether `body` ends well or not. A file that cannot be written
  /// takes nothing from a result: its error is returned beside it.
  static func during<R>(_ file: OutputFile?, _ body: (Trace?) throws -> R) throws -> (R, failure: (any Error)?) {
    guard let file else { return (try body(nil), nil) }
    let trace = Trace()
    let result: R
    do {
      result = try body(trace)
    } catch {
      // The first fault is the one to tell.
      try? write(trace, to: file)
      throw error
    }
    do {
      try write(trace, to: file)
    } catch {
      return (result, error)
    }
    return (result, nil)
  }

  private static func write(_ trace: Trace, to file: OutputFile) throws {
    try file.write(TraceFile.data(trace))
    let (spans, droppedCount) = trace.all
    Terminal.say(
      "trace: \(spans.count) spans in \(file.path)"
        + "\(droppedCount > 0 ? "; \(droppedCount) later ones found no room" : "")")
  }
}
