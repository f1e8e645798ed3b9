import Foundation
import Testing

@Suite("Boards in tiles: train, resume, val, predict and report do the same, and wrong tiles are refused in one line")
struct TileTests {
  /// Boards of 160 px, and eight of 320 x 240 px in the folder large.
  private func boards() throws -> SmallBoards {
    let boards = try SmallBoards()
    let run = try boards.feeder("synth", "--out", "large", "--boards", "8", "--size", "320x240", "--threads", "1")
    try #require(run.status == 0, "\(run.messages)")
    return boards
  }

  private func feeder(_ boards: SmallBoards, _ arguments: [String]) throws -> FeederProcess {
    try FeederProcess(arguments, in: boards.folder.url)
  }

  private func train(_ boards: SmallBoards, _ flags: [String]) throws -> FeederProcess {
    try feeder(boards, ["train", "large"] + SmallBoards.smallSteps + flags)
  }

  private static let tiles = ["--tile", "96", "--epochs", "2", "--cache-dir", "cache"]

  @Test(
    "A run that stops in the middle of an epoch and is resumed ends with the bytes of an unbroken one, for any cache form"
  )
  func resume() throws {
    let boards = try boards()
    let whole = try train(boards, Self.tiles + ["--out", "whole", "--cache", "jpeg"])
    try #require(whole.status == 0, "\(whole.messages)")
    let first = try train(
      boards, Self.tiles + ["--out", "parts", "--cache", "pixels", "--stop-after-steps", "7"])
    #expect(first.status == 0, "\(first.messages)")
    let rest = try boards.feeder("train", "--resume", "parts", "--stop-after-steps", "0", "--workers", "2")
    #expect(rest.status == 0, "\(rest.messages)")
    func weights(_ run: String) throws -> Data {
      try Data(contentsOf: boards.url("\(run)/weights/last.safetensors"))
    }
    #expect(try weights("whole") == weights("parts"))
    let arguments = try boards.text("whole/args.yaml")
    #expect(arguments.contains("\ntile: 96\n"))
  }

  @Test("val and predict cut as the weights were trained, and warn of another choice; report agrees with val")
  func sameByDefault() throws {
    let boards = try boards()
    let run = try train(boards, Self.tiles + ["--out", "run", "--plots", "true", "--json"])
    try #require(run.status == 0, "\(run.messages)")
    let weights = "run/weights/best.safetensors"
    func accuracy(_ flags: String...) throws -> (json: String, messages: String) {
      let run = try feeder(boards, ["val", weights, "large", "--cache-dir", "cache", "--json"] + flags)
      #expect(run.status == 0, "\(run.messages)")
      return (run.output, run.messages)
    }
    let own = try accuracy()
    #expect(try accuracy("--tile", "96").json == own.json && !own.messages.contains("warning"))
    let other = try accuracy("--tile", "off")
    #expect(other.messages.contains("was trained on tiles of 96 px, and judges whole images now"))
    let predicted = try boards.feeder(
      "predict", weights, "large/images/val", "--out", "calls", "--crops", "--conf", "0.001", "--um-per-pixel", "50")
    #expect(predicted.status == 0, "\(predicted.messages)")
    let rows = try boards.text("calls/predictions.csv").split(separator: "\n").map { $0.split(separator: ",") }
    #expect(rows.first?.suffix(4) == ["x1_mm", "y1_mm", "x2_mm", "y2_mm"])
    for row in rows.dropFirst() {
      let (pixels, millimetres) = (try #require(Double(row[4])), try #require(Double(row[8])))
      #expect(abs(millimetres - pixels * 0.05) < 1e-3 && pixels >= 0 && pixels <= 320)
    }
    let list = try JSONSerialization.jsonObject(with: Data(contentsOf: boards.url("calls/predictions.json"))) as? [Any]
    #expect(try #require(list).count == rows.count - 1)
    if rows.count > 1 { #expect(!boards.names("calls/crops").isEmpty) }
  }

  @Test("auto leaves small boards whole, cuts large ones, and says why")
  func automatic() throws {
    let boards = try boards()
    let small = try boards.train("boards", "--tile", "auto", "--epochs", "1", "--out", "small", "--image-size", "160")
    #expect(small.status == 0 && small.messages.contains("tile: off (auto: "), "\(small.messages)")
    let large = try boards.train("large", "--tile", "auto", "--epochs", "1", "--out", "run")
    #expect(large.status == 0 && large.messages.contains("tile: 64 (auto: images of 320 x 240"), "\(large.messages)")
    let prepared = try boards.feeder("prepare", "large", "--out", "ready", "--tile", "64")
    #expect(prepared.status == 0 && prepared.messages.contains("px; boxes under 2 px"), "\(prepared.messages)")
  }

  @Test(
    "Sides and overlaps that make no sense are refused by name",
    arguments: [
      ["--tile", "0"], ["--tile", "-64"], ["--tile", "31"], ["--tile", "9000"], ["--tile", "large"],
      ["--tile", "64", "--tile-overlap", "1"], ["--tile", "64", "--tile-overlap", "-0.1"],
      ["--tile", "64", "--tile-empty", "2"],
    ])
  func refusals(flags: [String]) throws {
    let boards = try boards()
    let run = try feeder(boards, ["train", "large"] + flags)
    #expect(run.status != 0 && run.lines.count { $0.contains(flags[flags.count - 2]) } >= 1, "\(run.messages)")
  }

  @Test("Tiles larger than the board, a side that no 32 divides, no overlap and half an overlap all work")
  func oddTiles() throws {
    let boards = try boards()
    for flags in [
      ["--tile", "1000"], ["--tile", "77", "--tile-overlap", "0"], ["--tile", "200", "--tile-overlap", "0.5"],
      ["--tile", "96", "--tile-empty", "0"], ["--tile", "96", "--tile-empty", "1"],
    ] {
      let run = try train(boards, flags + ["--epochs", "1", "--stop-after-steps", "2", "--out", "odd"])
      #expect(run.status == 0, "\(flags): \(run.messages)")
    }
  }
}
