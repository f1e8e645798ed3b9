import BoardSupport
import FeederCache
import FeederLoader
import Foundation
import Testing

import FeederData

@Suite("The library delivers what the rooms behind it do")
struct DataLoaderTests {
  private func options(_ boards: TemporaryBoards) -> DataOptions {
    var options = DataOptions()
    options.batch = 4
    options.imageSize = 64
    options.seed = 5
    options.cacheFolder = boards.folder.appending(path: "cache").path
    options.workers = 2
    return options
  }

  @Test("pixels, boxes and hash equal the loader's own", arguments: [DataOptions.Split.train, .val])
  func sameStream(split: DataOptions.Split) throws {
    let boards = try TemporaryBoards(count: 10)
    var options = options(boards)
    options.split = split
    let library = try DataLoader(boards.folder.path, options)
    #expect(library.classNames == ["a", "b", "c"] && library.imageCount == 10 && library.batchCount == 3)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: library.channels, imageSize: 64)
    let loader = try Loader(
      source: source,
      settings: LoaderSettings(
        batch: 4, imageSize: 64, mode: split == .train ? .training(AugmentationSettings()) : .validation, seed: 5))
    library.startEpoch(1)
    loader.startEpoch(1)
    while let expected = try loader.nextBatch() {
      guard let found = try library.nextBatch() else {
        Issue.record("the library's epoch ended before batch \(expected.index)")
        return
      }
      #expect(found.index == expected.index && found.imageCount == expected.imageCount)
      #expect(found.withPixels { [UInt8]($0) } == [UInt8](expected.pixels))
      #expect(found.boxes.map(\.centerX) == expected.targets.map(\.centerX))
      #expect(found.imageNumbers == expected.images.map(\.entryIndex))
    }
    let isOver = try library.nextBatch() == nil
    #expect(isOver)
    #expect(library.streamHash == loader.epochHash && library.damagedImages.isEmpty)
  }

  @Test("what is wrong is said in one line that names it")
  func errors() throws {
    let boards = try TemporaryBoards(count: 2)
    func message(_ data: String, _ change: (inout DataOptions) -> Void = { _ in }) -> String {
      var options = options(boards)
      change(&options)
      do {
        _ = try DataLoader(data, options)
        return "accepted"
      } catch { return "\(error)" }
    }
    #expect(message("/no/such/folder").contains("/no/such/folder"))
    #expect(message(boards.folder.path) { $0.batch = 0 }.hasPrefix("batch 0: "))
    #expect(message(boards.folder.path) { $0.memory = 1000 }.contains("raise memory, or lower batch or image_size"))
    #expect(message(boards.folder.path) { $0.rank = 3 }.contains("rank 3 of 1"))
    #expect(message(boards.folder.path) { $0.channels = 2 } == "channels 2: give auto, 1 or 3")
    #expect(message(boards.folder.path) { $0.imageSize = 9000 } == "image_size 9000: give 1 to 8192 pixels")
    #expect(message(boards.folder.path) { $0.scale = 2 }.hasPrefix("scale 2.0: "))
    for window in ["5,5", "9,1", "0,70000", "a,b", ""] {
      #expect(
        message(boards.folder.path) { $0.window = window }
          == "window \(window.isEmpty ? "''" : window): give auto, full or BLACK,WHITE, such as 200,3900")
    }
    #expect(message(boards.folder.path) { $0.curve = "log" } == "curve log: give auto, linear or sqrt")
  }

  @Test("the window and the curve of the options map images of more than 8 bits; without them data.yaml's do")
  func window() throws {
    let boards = try TemporaryBoards(count: 1)
    let levels = [0, 100, 1100, 2100, 4095, 4095, 600, 0]
    try boards.overwrite(
      0, with: Array("P5\n4 2\n4095\n".utf8) + levels.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })
    let yaml = boards.folder.appending(path: "data.yaml")
    let plain = try String(contentsOf: yaml, encoding: .utf8)
    func bytes(_ window: String, _ curve: String, yaml more: String = "") throws -> Set<UInt8> {
      try (plain + more).write(to: yaml, atomically: false, encoding: .utf8)
      var options = options(boards)
      (options.split, options.imageSize, options.channels) = (.val, 4, 1)
      (options.window, options.curve) = (window, curve)
      let loader = try DataLoader(boards.folder.path, options)
      loader.startEpoch(0)
      guard let batch = try loader.nextBatch() else { return [] }
      return batch.withPixels { Set($0) }.subtracting([114])
    }
    #expect(try bytes("100,2100", "auto") == [0, 64, 128, 255])
    #expect(try bytes("100,2100", "SQRT") == [0, 128, 180, 255])
    #expect(try bytes("auto", "auto", yaml: "window: [100, 2100]\n") == [0, 64, 128, 255])
    #expect(try bytes("auto", "sqrt", yaml: "window: [100, 2100]\n") == [0, 128, 180, 255])
    #expect(try bytes("auto", "auto") == bytes("full", "linear"))
  }
}
