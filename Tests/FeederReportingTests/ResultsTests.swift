import FeederReporting
import FeederFiles
import Foundation
import Testing

@Suite("results.csv holds a row an epoch, once each")
struct ResultsTests {
  private func row(_ epoch: Int, boxLoss: Double = 1.25) -> EpochRow {
    EpochRow(
      epoch: epoch, seconds: 12.5 * Double(epoch), boxLoss: boxLoss, classLoss: 2, dflLoss: 0.5, precision: 0.75,
      validationLosses: [1.5, 2.25, 0.75], learningRate: 0.000123456789, imagesPerSecond: 88, stallShare: 0.01,
      prefetchDepth: 2, workers: 3,
      peakHostBytes: 1 << 40, peakDeviceBytes: 0, streamHash: 0xABC)
  }

  private func lines(_ url: URL) throws -> [String] {
    String(decoding: try Data(contentsOf: url), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test("Columns and values follow the contract")
  func columns() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "results.csv")
    var results = try ResultsCSV(creating: url)
    try results.append(row(1))
    let text = try lines(url)
    #expect(
      text[0]
        == "epoch,seconds,train/box_loss,train/cls_loss,train/dfl_loss,metrics/precision,metrics/recall,metrics/mAP50,"
        + "metrics/mAP50-95,val/box_loss,val/cls_loss,val/dfl_loss,lr,images_per_second,stall_share,prefetch_depth,workers,peak_host_bytes,peak_device_bytes,"
        + "stream_hash")
    #expect(
      text[1] == "1,12.5,1.25,2,0.5,0.75,,,,1.5,2.25,0.75,0.000123457,88,0.01,2,3,1099511627776,0,0000000000000abc")
    #expect(text.count == 2)
  }

  @Test("A resumed run drops the rows that it runs again, and a row that was cut off")
  func resume() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "results.csv")
    var results = try ResultsCSV(creating: url)
    for epoch in 1...5 { try results.append(row(epoch)) }
    let whole = try lines(url)
    try Data((whole.joined(separator: "\n") + "\n6,75,1.2").utf8).write(to: url)
    var resumed = try ResultsCSV(continuing: url, from: 4)
    #expect(try lines(url) == Array(whole.prefix(4)))
    try resumed.append(row(4, boxLoss: 9))
    let text = try lines(url)
    #expect(text.count == 5 && text[4].hasPrefix("4,50,9,"))
  }

  @Test("A file that was cut in its first row is refused if it had rows before, and stays as it is")
  func cutFirstRow() throws {
    let folder = try TemporaryFolder()
    let text = EpochRow.columns.joined(separator: ",") + "\n1,75,1.2"
    let url = try folder.file("results.csv", text)
    let error = #expect(throws: ReportingError.self) { try ResultsCSV(continuing: url, from: 3) }
    #expect(error.map { "\($0)".contains("is cut off, and the run has done 2 epochs") } == true)
    #expect(try Data(contentsOf: url) == Data(text.utf8))
    _ = try ResultsCSV(continuing: url, from: 1)
  }

  @Test("A resumed run without the file begins one, and a foreign file is refused untouched")
  func foreign() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "results.csv")
    _ = try ResultsCSV(continuing: url, from: 3)
    #expect(try lines(url) == [EpochRow.columns.joined(separator: ",")])
    let foreign = try folder.file("other.csv", "epoch,loss\n1,2\n")
    #expect(throws: ReportingError.self) { try ResultsCSV(continuing: foreign, from: 1) }
    #expect(try lines(foreign) == ["epoch,loss", "1,2"])
    let header = EpochRow.columns.joined(separator: ",")
    let broken = try folder.file("broken.csv", header + "\n1,2\n3,4\n")
    #expect(throws: ReportingError.self) { try ResultsCSV(continuing: broken, from: 9) }
  }

  @Test("Rows of a run that began without validation losses are read, and continued with empty ones")
  func older() throws {
    let folder = try TemporaryFolder()
    let url = try folder.file(
      "results.csv",
      "epoch,seconds,train/box_loss,train/cls_loss,train/dfl_loss,metrics/precision,metrics/recall,metrics/mAP50,"
        + "metrics/mAP50-95,lr,images_per_second,stall_share,prefetch_depth,workers,peak_host_bytes,peak_device_bytes,"
        + "stream_hash\n1,12.5,1.25,2,0.5,0.75,,,0.25,0.01,88,0.01,2,3,1024,0,0000000000000abc\n")
    let read = try #require(try ResultsCSV.read(url).first)
    #expect(
      read.validationLosses == nil && read.map50_95 == 0.25 && read.learningRate == 0.01 && read.streamHash == 0xABC)
    var results = try ResultsCSV(continuing: url, from: 2)
    try results.append(row(2))
    let rows = try ResultsCSV.read(url)
    #expect(rows.map(\.validationLosses) == [nil, [1.5, 2.25, 0.75]] && rows.map(\.map50_95) == [0.25, nil])
    #expect(try lines(url)[1] == "1,12.5,1.25,2,0.5,0.75,,,0.25,,,,0.01,88,0.01,2,3,1024,0,0000000000000abc")
  }

  @Test("A validation loss without a value leaves the three out, and the file can be read")
  func noValue() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "results.csv")
    var results = try ResultsCSV(creating: url)
    var row = row(1)
    row.validationLosses = [1, .nan, .infinity]
    try results.append(row)
    #expect(try ResultsCSV.read(url).map(\.validationLosses) == [nil])
  }

  @Test("A file that lacks rows, at its end or between, is refused by name and stays as it is")
  func cut() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "results.csv")
    var results = try ResultsCSV(creating: url)
    for epoch in 1...4 { try results.append(row(epoch)) }
    let whole = try lines(url)
    func refusal(_ text: String) throws -> String? {
      try Data(text.utf8).write(to: url)
      let error = #expect(throws: ReportingError.self) { try ResultsCSV(continuing: url, from: 5) }
      #expect(try String(contentsOf: url, encoding: .utf8) == text)
      return error.map { "\($0)" }
    }
    let short = whole.prefix(4).joined(separator: "\n") + "\n"
    #expect(try refusal(short)?.contains("ends with epoch 3, and the run has done 4") == true)
    let gap = [whole[0], whole[1], whole[3], whole[4]].joined(separator: "\n") + "\n"
    #expect(try refusal(gap)?.contains("line 3") == true)
    #expect(try refusal("")?.contains("is empty") == true)
  }

  @Test("Times, accuracies and counts that no run has are refused with their line")
  func impossible() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "results.csv")
    var results = try ResultsCSV(creating: url)
    try results.append(row(1))
    let whole = try lines(url)
    for (column, value) in [
      (1, "-1e300"), (1, "1e300"), (7, "inf"), (8, "1.5"), (9, "-1"), (10, ""), (11, "nan"), (15, "-3"), (17, "nan"),
    ] {
      var fields = whole[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      fields[column] = value
      let file = try folder.file("impossible.csv", whole[0] + "\n" + fields.joined(separator: ",") + "\n")
      let error = #expect(throws: ReportingError.self) { try ResultsCSV.read(file) }
      #expect(error?.description.contains("line 2") == true)
    }
    #expect(LiveLine.clock(-1e300) == "-" && LiveLine.clock(.nan) == "-" && LiveLine.clock(61) == "01:01")
  }

  @Test("A folder that is not there is an error that names the file")
  func unwritable() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "missing/results.csv")
    #expect(throws: FileError.self) { try ResultsCSV(creating: url) }
  }
}
