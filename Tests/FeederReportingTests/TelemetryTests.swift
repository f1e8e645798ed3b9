import Foundation
import Testing

@testable import FeederReporting

@Suite("telemetry.csv is whole up to its last row, whatever happened to the process that wrote it")
struct TelemetryTests {
  private let url = FileManager.default.temporaryDirectory.appending(path: "telemetry-\(UUID().uuidString).csv")

  private func row(_ epoch: Double) -> TelemetryRow {
    var row = TelemetryRow()
    row.phase = .validate
    row.time = 1_795_635_953.910627
    row.epoch = epoch
    row.seconds = 0.25
    row.imageCount = 8
    row.stallSeconds = 0.1
    row.loaderBytes = 2_380_184
    return row
  }

  @Test("Rows come back as they were written, and a second writer goes on behind them")
  func roundTrip() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    try TelemetryFile(url).append(row(1))
    try TelemetryFile(url).append(row(2))
    let rows = try TelemetryFile.rows(of: url)
    #expect(rows == [row(1), row(2)])
    #expect(rows[0].imagesPerSecond == 32 && rows[0].stallShare == 0.4)
  }

  @Test("A copy by a hard link keeps the rows that it has")
  func hardLink() throws {
    let copy = url.appendingPathExtension("copy")
    defer { for url in [url, copy] { try? FileManager.default.removeItem(at: url) } }
    try TelemetryFile(url).append(row(1))
    #expect(link(url.path, copy.path) == 0)
    try TelemetryFile(url).append(row(2))
    #expect(try TelemetryFile.rows(of: url) == [row(1), row(2)])
    #expect(try TelemetryFile.rows(of: copy) == [row(1)])
  }

  @Test("A row that was cut off is passed over by readers and removed by the next writer")
  func cutRow() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    try TelemetryFile(url).append(row(1))
    let whole = try Data(contentsOf: url)
    for cut in [1, 20, 40] {
      try (whole + Data(row(2).line.utf8).prefix(cut)).write(to: url)
      #expect(try TelemetryFile.rows(of: url) == [row(1)])
      try TelemetryFile(url).append(row(3))
      #expect(try TelemetryFile.rows(of: url) == [row(1), row(3)])
    }
    // Cut within the first line.
    try whole.prefix(10).write(to: url)
    try TelemetryFile(url).append(row(4))
    #expect(try TelemetryFile.rows(of: url) == [row(4)])
  }

  @Test("A row of other things is refused with its line", arguments: ["train,1,2", "sleep", "", "nan"])
  func strangeRow(_ start: String) throws {
    defer { try? FileManager.default.removeItem(at: url) }
    let nan = "train," + [String](repeating: "nan", count: TelemetryRow.numbers.count).joined(separator: ",")
    let line = start == "nan" ? nan : start
    try Data((TelemetryRow.header + "\n" + row(1).line + "\n" + line + "\n").utf8).write(to: url)
    let error = #expect(throws: ReportingError.self) { try TelemetryFile.rows(of: url) }
    #expect(error?.description.contains("line 3") == true)
  }

  @Test(
    "Numbers that no run has are refused with their line, and what is left can be added up",
    arguments: [
      ("image_count", "1e300"), ("seconds", "-1e18"), ("seconds", "1e-300"), ("loader_bytes", "-1"), ("time", "-1e300"),
      ("epoch_count", "inf"), ("seconds", "0x1p1000"),
    ])
  func impossible(_ column: String, _ value: String) throws {
    defer { try? FileManager.default.removeItem(at: url) }
    let place = try #require(TelemetryRow.numbers.firstIndex { $0.name == column })
    var fields = row(1).line.split(separator: ",").map(String.init)
    fields[place + 1] = value
    try Data((TelemetryRow.header + "\n" + fields.joined(separator: ",") + "\n").utf8).write(to: url)
    let error = #expect(throws: ReportingError.self) { try TelemetryFile.rows(of: url) }
    #expect(error?.description.contains("line 2") == true)
  }

  @Test("The largest numbers that are accepted give a timeline")
  func largest() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    let most = ["train"] + TelemetryRow.numbers.map { _ in "1e15" }
    let shortest = ["train"] + TelemetryRow.numbers.map { $0.name == "seconds" ? "1e-06" : "1e15" }
    let lines = [TelemetryRow.header] + [shortest, shortest, most].map { $0.joined(separator: ",") }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url)
    #expect(!RunTimeline(try TelemetryFile.rows(of: url)).verdict.isEmpty)
    #expect(!RunTimeline(Array(try TelemetryFile.rows(of: url).prefix(2))).verdict.isEmpty)
  }

  @Test("A file that cannot be written gives one line with the file and the reason")
  func unwritable() {
    let error = #expect(throws: ReportingError.self) {
      try TelemetryFile(URL(filePath: "/nowhere/telemetry.csv"))
    }
    #expect(error?.description == "/nowhere/telemetry.csv: cannot be written (No such file or directory)")
  }
}

@Suite("The line of a run fits into 100 columns")
struct LiveLineTests {
  @Test("No numbers make a line longer, and usual values stand under their titles")
  func width() {
    func line(_ large: Bool) -> String {
      LiveLine(
        epoch: large ? 9999 : 3, epochCount: large ? 10_000 : 100, peakHostBytes: large ? 1 << 41 : 1 << 30,
        losses: large ? [-1e9, .infinity, 123_456] : [1.5, 0.25, 1.0625], boxCount: large ? 1_000_000 : 120,
        batch: large ? 123_456 : 12, batchCount: large ? 999_999 : 63, imagesPerSecond: large ? 123_456.7 : 812.5,
        stallShare: large ? 1 : 0.004, prefetchDepth: large ? 64 : 4, workers: large ? 256 : 8,
        secondsLeft: large ? 1e12 : 75
      ).text
    }
    #expect(LiveLine.head.count <= 100)
    #expect(line(false).count == LiveLine.head.count)
    #expect(line(false).hasSuffix("12/63   812.5   0.4%     4       8 01:15"))
    #expect(line(true).count <= 100)
    #expect(line(true).contains("123456/999999"))
  }

  @Test("Time is shown in minutes and seconds, and in hours from 100 minutes on")
  func clock() {
    #expect(
      [0, 59.2, 60, 5999, 6000, 359_999, 1e300].map(LiveLine.clock) == [
        "00:00", "01:00", "01:00", "99:59", "1h40", "99h59", "-",
      ])
  }
}
