import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederLoader
import FeederRun
import FeederTraining
import FeederWeights

/// The flags that cut boards in tiles.
struct TileFlags: ParsableArguments {
  @Option(
    help: """
      Cut boards in tiles at full resolution: off, auto or the side of a tile in pixels. (default: as the weights were trained, \
      else off)
      """)
  var tile: String?
  @Option(help: "Least overlap of neighbouring tiles, as a share of their side. (default: as the weights, else 0.2)")
  var tileOverlap: String?

  func validate() throws {
    do {
      _ = try request()
    } catch let error as SettingError {
      throw ValidationError(error.line.flags)
    }
  }

  /// The flags over the settings of the weights in use. Throws `SettingError` for a value out of its range.
  private func request(_ trained: [String: String]? = nil) throws -> TrainingRequest {
    var request = TrainingRequest()
    for (key, flag) in [("tile", tile), ("tile_overlap", tileOverlap)] {
      guard let setting = SettingTable.setting(key), let text = flag ?? trained?[key] else { continue }
      try setting.read(text, into: &request)
      try setting.check(request)
    }
    return request
  }

  /// Says how tiles would cut the training images of the data set in `folder`, if the flags or `auto` want any. Throws if it cannot be
  /// read.
  func advise(_ folder: String, imageSize: Int) throws {
    // A data set without classes can be prepared, but not opened. It has no boxes to count.
    guard let dataset = try? Dataset.open(folder, skipsBadLabels: true), dataset.splits.contains(.train) else { return }
    let survey = try SourceSurvey(try dataset.entries(.train))
    var request = try request()
    if tile == nil || request.tile == .auto {
      let decision = TileDecision(survey, imageSize: imageSize)
      if tile != nil || decision.side != nil { Terminal.say(decision.line) }
      request.tile = decision.side.map { .side($0) }
    }
    guard let tiling = request.tiling else { return }
    let images = survey.sizedEntries
    let count = images.reduce(0) {
      $0 + TileGrid(covering: $1.size, side: tiling.side, overlap: tiling.overlap).count
    }
    func tiny(_ side: Int?) -> Int {
      var boxes = TinyBoxes(tileSide: side)
      for image in images { for label in image.labels { boxes.add(label, on: image.size) } }
      return boxes.count(imageSize: imageSize)
    }
    Terminal.say(
      "tile: \(images.count) training images give \(count) tiles of \(tiling.side) px; boxes under \(Int(TinyBoxes.least)) px at "
        + "\(imageSize) px: \(tiny(tiling.side)) in tiles, \(tiny(nil)) on whole images; train with \(SettingLine.flag("tile")) "
        + "\(tiling.side)")
  }

  /// The tiles for `entries` at `imageSize`; nil for whole images. `weights` are the weights in use, if any. `say` gets a line about a
  /// decision, and about tiles that differ from the training's.
  func tiling(
    _ entries: @autoclosure () throws -> [DatasetEntry], imageSize: Int, weights: WeightsFile? = nil,
    say: (SettingLine) -> Void
  ) throws -> Tiling? {
    let trained = weights?.settings
    let tiling = try request(trained).tiling(for: entries, imageSize: imageSize, note: say)
    if let trained, let path = weights?.path, tile != nil {
      let before = trained["tile"].flatMap { Int($0) }
      if before != tiling?.side {
        func words(_ side: Int?) -> String { side.map { "tiles of \($0) px" } ?? "whole images" }
        say(
          "warning: \(path): was trained on \(words(before)), and judges \(words(tiling?.side)) now; expect a much lower accuracy unless "
            + "objects have the same size in pixels of the network")
      }
    }
    return tiling
  }
}
