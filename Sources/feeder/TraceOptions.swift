import ArgumentParser
import FeederCore
import FeederReporting
import Foundation

/// The flag of commands that can write a timeline of themselves.
struct TraceOptions: ParsableArguments {
  @Option(
    name: .customLong("trace"), parsing: .unconditional,
    help: "Write a timeline of workers, slots and steps that ui.perfetto.dev and chrome://tracing open.")
  var path: String?

  /// Runs `body` with a trace, if one is wanted and `writes` is true, and writes it, whether `body` ends well or not. Throws before `body` where the file cannot
  /// be written.
  func during<R>(writes: Bool = true, _ body: (Trace?) throws -> R) throws -> R {
    guard writes, let path else { return try body(nil) }
    guard FileManager.default.createFile(atPath: path, contents: nil) else {
      throw CommandError("--trace \(path): cannot be written (\(String(cString: strerror(errno))))")
    }
    let trace = Trace()
    do {
      let result = try body(trace)
      try write(trace, to: path)
      return result
    } catch {
      // The first fault is the one to tell.
      try? write(trace, to: path)
      throw error
    }
  }

  private func write(_ trace: Trace, to path: String) throws {
    try TraceFile.write(trace, to: URL(filePath: path))
    let (spans, droppedCount) = trace.all
    Terminal.say(
      "trace: \(spans.count) spans in \(path)\(droppedCount > 0 ? "; \(droppedCount) later ones found no room" : "")")
  }
}
