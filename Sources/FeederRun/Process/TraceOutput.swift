import FeederCore
import FeederFiles
import FeederReporting
import Foundation

/// The file for a timeline of a command, as `--trace` names it.
package struct TraceOutput {
  /// Where it shall lie; nil for nowhere.
  package let path: String?

  /// Opens the file, given a list of what the command reads.
  package let open: (() -> [String]) throws -> OutputFile?

  /// The file at `path`, which `open` opens.
  package init(path: String? = nil, open: @escaping (() -> [String]) throws -> OutputFile? = { _ in nil }) {
    (self.path, self.open) = (path, open)
  }

  /// True if the folder of the file exists already; the folder of a run is made later.
  package var hasFolder: Bool {
    path.map { FileManager.default.fileExists(atPath: URL(filePath: $0).deletingLastPathComponent().path) } ?? false
  }

  /// Runs `body` with a trace, if there is a `file` for it, and writes it whether `body` ends well or not. A file that cannot be written
  /// takes nothing from a result: its error is returned beside it.
  package static func during<R>(_ file: OutputFile?, _ body: (Trace?) throws -> R) throws -> (R, failure: (any Error)?)
  {
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
