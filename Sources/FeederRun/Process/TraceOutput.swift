import FeederCore
import FeederFiles
import FeederReporting
import Foundation

/// The output file of `--trace`.
package struct TraceOutput {
  /// The path of the file; nil without `--trace`.
  package let path: String?

  /// Opens the file. Its argument returns the files that the command reads. Throws if the file cannot be written.
  package let open: (() -> [String]) throws -> OutputFile?

  /// The file at `path`. `open` opens it.
  package init(path: String? = nil, open: @escaping (() -> [String]) throws -> OutputFile? = { _ in nil }) {
    (self.path, self.open) = (path, open)
  }

  /// True if the file's folder already exists. The folder of a run is made later.
  package var hasFolder: Bool {
    path.map { FileManager.default.fileExists(atPath: URL(filePath: $0).deletingLastPathComponent().path) } ?? false
  }

  /// Runs `body`, with a trace if there is a `file`, and writes the trace even if `body` throws. Throws what `body`
  /// throws. If only the file cannot be written, returns the result with that error.
  package static func during<R>(_ file: OutputFile?, _ body: (Trace?) throws -> R) throws -> (R, failure: (any Error)?)
  {
    guard let file else { return (try body(nil), nil) }
    let trace = Trace()
    let result: R
    do {
      result = try body(trace)
    } catch {
      // The first error is the one to report.
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
        + "\(droppedCount > 0 ? "; \(droppedCount) later ones did not fit" : "")")
  }
}
