import FeederCodecs
import FeederCore
import FeederImaging
import FeederMetrics
import Foundation
import Testing

@testable import FeederReporting

@Suite("A report is one page that needs nothing else")
struct ReportPageTests {
  private func page(_ name: String) throws -> String {
    let matrix = ConfusionMatrix(results: [], classCount: 1)
    let part = ReportContent.Part(
      name, text: [name], charts: [], tables: [.init([name], [[name]])], matrix: ([name], matrix),
      pictures: [.init([0xFF, 0xD8], caption: name)], details: [(name, .init([], [[name, name]]))])
    let content = ReportContent(title: name, verdict: name, figures: [.init(name, name)], parts: [part])
    return String(decoding: ReportPage.data(content, plotter: nil), as: UTF8.self)
  }

  @Test("No text becomes markup")
  func escaping() throws {
    let text = try page("<script>alert('x')</script>\" onload=\"y & z")
    #expect(!text.contains("<script") && !text.contains("onload=\"y"))
    #expect(text.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload=&quot;y &amp; z"))
  }

  @Test("Nothing is fetched: no address stands in it")
  func selfContained() throws {
    let text = try page("board")
    #expect(!text.contains("http:") && !text.contains("https:") && !text.contains("url(") && !text.contains("@import"))
    #expect(text.contains("src=\"data:image/jpeg;base64,/9g=\""))
  }

  @Test("Time and memory come from telemetry; the verdict says that a run waited, and for what")
  func verdict() {
    func row(_ stall: Double, _ decode: Double) -> TelemetryRow {
      var row = TelemetryRow()
      (row.seconds, row.imageCount, row.stallSeconds, row.decodeSeconds) = (10, 100, stall, decode)
      return row
    }
    var validation = TelemetryRow()
    (validation.phase, validation.seconds) = (.validate, 5)
    let quick = RunTimeline([row(0.01, 1), row(0, 1), validation])
    #expect(quick.trainingSeconds == 20 && quick.otherSeconds == 5 && quick.imageCount == 200)
    #expect(quick.verdict == "The device set the pace: it waited 0.1 % of the training time for data, at 10 images/s.")
    #expect(
      RunTimeline([row(4, 9)]).verdict.hasPrefix(
        "Decoding takes most of the loader's time, and the device waited 40.0 %"))
    #expect(RunTimeline([]).stallShare == nil && RunTimeline([]).verdict.hasPrefix("No telemetry"))
    let many = RunTimeline([TelemetryRow](repeating: row(1, 1), count: 5000))
    #expect(many.steps.count <= RunTimeline.mostPoints + 1 && abs(many.imageCount - 500_000) < 1e-6)
  }

  @Test("A grid shows every image with its boxes in colour, grey ones too")
  func grid() throws {
    var grid = ImageGrid(count: 3, classNames: ["spur"])
    let mark = ImageGrid.Mark(box: Box(x1: 10, y1: 10, x2: 40, y2: 40), classID: 0, tone: .missed)
    for channels in [1, 3, 1] {
      Pixels(size: PixelSize(width: 80, height: 60), channels: channels, value: 114)
        .withView { grid.add($0, marks: [mark], title: "a") }
    }
    #expect(grid.size == PixelSize(width: 1280, height: 1280))
    let jpeg = try grid.jpeg(JPEGEncoder())
    let pixels = try jpeg.withUnsafeBytes { try ImageDecoder().decode($0, channels: 3) }
    // The left edge of the box, red: at 10 / 80 of a tile of 638 pixels.
    pixels.withView { view in
      let x = 1 + 638 * 10 / 80 - 1
      #expect(view.value(x: x, y: 300, channel: 0) > 200 && view.value(x: x, y: 300, channel: 1) < 110)
    }
  }
}
