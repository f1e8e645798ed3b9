import FeederFiles
import Foundation
import Synchronization

/// Draws charts with gnuplot, which runs as a separate process. If it fails or is missing, only pictures are missing.
package struct Plotter: Sendable {
  private let program: URL
  private let fault = PlotterFault()

  /// Finds gnuplot on the PATH; nil if it is not there.
  package init?() {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let found = folders.map { $0 + "/gnuplot" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    guard let found else { return nil }
    program = URL(filePath: found)
  }

  /// The message for users without gnuplot.
  package static let absence =
    "no 'gnuplot' on the PATH: curves and matrices are not drawn (Debian: apt-get install gnuplot-nox)"

  /// A PNG of `charts` in a grid of `columns`, each `width` x `height` pixels. Throws `ReportingError.undrawable`.
  package func png(_ charts: [Chart], columns: Int = 1, width: Int, height: Int) throws -> Data {
    let rows = (charts.count + columns - 1) / columns
    return try draw(
      "set terminal pngcairo size \(width * columns),\(height * rows) font 'sans,10' background rgb 'white' noenhanced",
      ChartScript(charts, columns: columns, ink: "#333333"))
  }

  /// One `<svg>` element for a page. Text and axes take the page's colour, light or dark. Throws
  /// `ReportingError.undrawable`.
  package func svg(_ chart: Chart, width: Int, height: Int) throws -> String {
    // The ink is a colour that nothing else has, so that it can be replaced in the SVG.
    let data = try draw(
      "set terminal svg size \(width),\(height) font 'sans-serif,11' noenhanced",
      ChartScript([chart], columns: 1, ink: "#010203"))
    let text = String(decoding: data, as: UTF8.self)
      .replacing(#/rgb\(\s*1,\s*2,\s*3\)/#, with: "currentColor")
      .replacing(#/(?s)<defs>.*?</defs>/#, with: "")
      .replacing("\"black\"", with: "\"currentColor\"")
      .replacing(#/ color="[^"]*"/#, with: "")
      .replacing(#/(?s)<title>.*?</title>|<desc>.*?</desc>/#, with: "")
      .replacing(#/ id="[^"]*"/#, with: "")
    guard let start = text.range(of: "<svg") else {
      throw ReportingError.undrawable(reason: "gnuplot wrote no picture")
    }
    return String(text[start.lowerBound...])
  }

  private func draw(_ terminal: String, _ script: ChartScript) throws -> Data {
    if let reason = fault.reason.withLock({ $0 }) { throw ReportingError.undrawable(reason: reason) }
    do {
      return try drawOnce(terminal, script)
    } catch let failure as PlotterFailure {
      if failure.isFinal { fault.reason.withLock { $0 = failure.reason } }
      throw ReportingError.undrawable(reason: failure.reason)
    }
  }

  private func drawOnce(_ terminal: String, _ script: ChartScript) throws -> Data {
    let base = FileManager.default.temporaryDirectory.appending(path: UnfinishedFiles.name())
    let (commands, output, errors) = (base, base.appendingPathExtension("out"), base.appendingPathExtension("err"))
    defer { for file in [commands, output, errors] { unlink(file.path) } }
    try FileWriter.replace(Data((terminal + "\n" + script.lines).utf8), at: commands.path)
    let end = OtherProgram.run(
      program.path, ["-d", commands.path],  // -d: ignore the user's own start file
      environment: ProcessInfo.processInfo.environment.merging(["LC_ALL": "C"]) { $1 },
      output: output.path, errors: errors.path, seconds: 60)
    switch end {
    case .notStarted: throw PlotterFailure(reason: "\(program.path) does not start", isFinal: true)
    case .tooLate: throw PlotterFailure(reason: "gnuplot did not end within a minute", isFinal: true)
    case .exited(0):
      let picture = try WholeFile.read(output)
      if !picture.isEmpty { return picture }
    case .exited, .killed: break
    }
    let complaint = String(decoding: (try? WholeFile.read(errors)) ?? Data(), as: UTF8.self)
    let line = complaint.split(separator: "\n").last { !$0.trimmingCharacters(in: .whitespaces).isEmpty }
    throw PlotterFailure(reason: "gnuplot: \(line ?? "wrote nothing")", isFinal: false)
  }
}

/// Why a chart was not drawn.
private struct PlotterFailure: Error {
  let reason: String
  /// True if no other chart can be drawn either. A program that hangs then costs one minute in all, not one per chart.
  let isFinal: Bool
}

/// Why the plotter can draw nothing any more; nil if it can draw.
private final class PlotterFault: Sendable {
  let reason = Mutex<String?>(nil)
}
