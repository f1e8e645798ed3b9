import BoardSupport
import FeederCache
import FeederCore
import FeederDatasets
import Foundation
import Testing

@testable import FeederLoader

@Suite("Every cache form gives the same stream")
struct CacheFormStreamTests {
  private func source(_ boards: TemporaryBoards, _ choice: CacheChoice, channels: Int) throws -> any ImageSource {
    var options = SourceOptions(imageSize: 64)
    options.cache = choice
    options.cacheFolder = boards.folder.path + "/cache"
    options.channels = channels
    return try SourceOpener(try boards.dataset(), options).open(.train).source
  }

  private func hashes(_ source: any ImageSource, _ mode: LoaderMode, workers: Int, depth: Int) throws -> [UInt64] {
    let settings = LoaderSettings(
      batch: 4, imageSize: 64, mode: mode, seed: 11, workers: workers, prefetchDepth: depth)
    let loader = try Loader(source: source, settings: settings)
    var hashes: [UInt64] = []
    for epoch in 0..<2 {
      loader.startEpoch(epoch, closeMosaic: epoch == 1)
      while let batch = try loader.nextBatch() {
        hashes.append(batch.hash)
        batch.release()
      }
      hashes.append(loader.epochHash)
    }
    return hashes
  }

  @Test("with any workers and depth, grey and colour", arguments: [1, 3])
  func formsAreEqual(channels: Int) throws {
    let boards = try TemporaryBoards(count: 13, channels: channels)
    for mode in [LoaderMode.training(AugmentationSettings()), .validation] {
      var expected: [UInt64]?
      for choice in [CacheChoice.none, .jpeg, .pixels] {
        let source = try source(boards, choice, channels: channels)
        for (workers, depth) in [(1, 1), (2, 1), (4, 1), (1, 8), (2, 8), (4, 8)] {
          let hashes = try hashes(source, mode, workers: workers, depth: depth)
          #expect(hashes == expected ?? hashes, "\(choice), \(workers) workers, depth \(depth)")
          expected = hashes
        }
      }
    }
  }

  @Test("damaged files included, whether header or data are broken")
  func damagedFilesToo() throws {
    let boards = try TemporaryBoards(count: 12)
    let whole = try boards.jpeg(3)
    try boards.overwrite(3, with: Array(whole[..<(whole.count * 2 / 3)]))
    try boards.overwrite(8, with: Array("not a JPEG".utf8))
    let mode = LoaderMode.training(AugmentationSettings())
    var expected: [UInt64]?
    for choice in [CacheChoice.none, .jpeg, .pixels] {
      let source = try source(boards, choice, channels: 1)
      for workers in [1, 3] {
        var settings = LoaderSettings(
          batch: 4, imageSize: 64, mode: mode, seed: 1, workers: workers, prefetchDepth: 2)
        settings.damagedShare = 0.5
        let loader = try Loader(source: source, settings: settings)
        var hashes: [UInt64] = []
        loader.startEpoch(0)
        while let batch = try loader.nextBatch() { hashes.append(batch.hash) }
        #expect(loader.quarantined.map(\.entryIndex) == [3, 8])
        #expect(hashes == expected ?? hashes, "\(choice), \(workers) workers")
        expected = hashes
      }
    }
  }
}
