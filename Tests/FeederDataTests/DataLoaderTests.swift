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
  }
}
