import Foundation
import Testing

@testable import FeederReporting

@Suite("Charts are drawn by gnuplot, whatever is in their names")
struct ChartTests {
  /// Names that try to escape from their quotes.
  private static let names = [
    "spur", "o'clock", "`touch owned`", "'; system('touch owned'); '", "a\nset output 'owned'\n", "größe <&\"", "\\",
    "%s @PATH",
  ]

  private func lines(_ name: String) -> Chart {
    Chart(
      name, x: name, y: name, .lines([Chart.Series(name, [(0, 1), (1, 2)]), Chart.Series(nil, [(0, .nan), (1, 1)])]))
  }

  @Test("Every kind of chart becomes a PNG of the size that was asked for", arguments: names)
  func png(_ name: String) throws {
    let plotter = try #require(Plotter(), "tools/setup installs gnuplot")
    let all = [
      lines(name), Chart(name, .stack([Chart.Series(name, [(0, 1), (1, 2)]), Chart.Series(name, [(0, 1), (1, 2)])])),
      Chart(name, .stack([Chart.Series(name, [(0, 1)])])), Chart(name, .dots(Chart.Series(nil, [(0.5, 0.5)]))),
      Chart(name, .bars(names: [name, name], values: [1, 0])),
      Chart(name, .matrix(names: [name, name], values: [1, 0, 0.5, 2], digits: 2)),
      Chart(name, .lines([])), Chart(name, .lines([Chart.Series(nil, [(3, 3)])])),
    ]
    let png = try plotter.png(all, columns: 3, width: 200, height: 160)
    #expect(png.prefix(8) == Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    func number(_ place: Int) -> Int { png[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(number(16) == 600 && number(20) == 480)
    #expect(!FileManager.default.fileExists(atPath: "owned"), "a name ran a command")
  }

  @Test("An SVG takes the page's ink and carries names as text", arguments: names)
  func svg(_ name: String) throws {
    let plotter = try #require(Plotter(), "tools/setup installs gnuplot")
    let text = try plotter.svg(lines(name), width: 400, height: 250)
    #expect(text.hasPrefix("<svg") && text.contains("currentColor") && !text.contains("black"))
    #expect(!text.contains("<script") && !text.contains("<&"))
    let document = try XMLDocumentCheck(text)
    #expect(document.isWellFormed)
    #expect(!FileManager.default.fileExists(atPath: "owned"), "a name ran a command")
  }

  @Test("What gnuplot complains of is one line")
  func complaint() throws {
    let plotter = try #require(Plotter(), "tools/setup installs gnuplot")
    let error = #expect(throws: ReportingError.self) {
      try plotter.png([lines("a")], width: -5, height: 160)
    }
    #expect(error?.description.contains("\n") == false)
    #expect(error?.description.hasPrefix("a picture cannot be drawn (gnuplot: ") == true)
  }
}

/// True if a text is well-formed XML. Asks Python, which tools/setup needs anyway.
private struct XMLDocumentCheck {
  let isWellFormed: Bool

  init(_ text: String) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "svg-\(UUID().uuidString).xml")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])", file.path]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    isWellFormed = process.terminationStatus == 0
  }
}
