import BoardSupport
import FeederCache
import FeederCore
import Testing

@testable import FeederLoader

@Suite("The stream is a function of data, seed, epoch, image size and augmentation alone")
struct StreamTests {
  private func loader(
    _ source: some ImageSource, workers: Int, depth: Int, batch: Int = 4, seed: UInt64 = 3,
    mode: LoaderMode = .training(AugmentationSettings())
  ) throws -> Loader {
    try Loader(
      source: source,
      settings: LoaderSettings(
        batch: batch, imageSize: 64, mode: mode, seed: seed, workers: workers, prefetchDepth: depth))
  }

  private func hashes(_ loader: Loader, epoch: Int, firstBatch: Int = 0, hashSoFar: UInt64 = 0) throws -> [UInt64] {
    loader.startEpoch(epoch, firstBatch: firstBatch, hashSoFar: hashSoFar)
    var hashes: [UInt64] = []
    while let batch = try loader.nextBatch() {
      hashes.append(batch.hash)
      batch.release()
    }
    return hashes + [loader.epochHash]
  }

  @Test("1, 2 and 4 workers and depths 1 and 8 give the same batches", arguments: [1, 3])
  func workersAndDepthDoNotMatter(channels: Int) throws {
    let boards = try TemporaryBoards(count: 11, channels: channels)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: channels, imageSize: 64)
    let expected = try hashes(try loader(source, workers: 1, depth: 1), epoch: 0)
    #expect(expected.count == 4)
    for workers in [1, 2, 4] {
      for depth in [1, 8] {
        let hashes = try hashes(try loader(source, workers: workers, depth: depth), epoch: 0)
        #expect(hashes == expected, "\(workers) workers, depth \(depth)")
      }
    }
  }

  @Test("another epoch or seed gives another stream, validation always the same")
  func epochAndSeedMatter() throws {
    let boards = try TemporaryBoards(count: 6)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
    let loader = try loader(source, workers: 2, depth: 2)
    let first = try hashes(loader, epoch: 0)
    #expect(try hashes(loader, epoch: 1) != first)
    #expect(try hashes(loader, epoch: 0) == first)
    #expect(try hashes(try self.loader(source, workers: 2, depth: 2, seed: 4), epoch: 0) != first)
    let validation = try self.loader(source, workers: 2, depth: 2, mode: .validation)
    #expect(try hashes(validation, epoch: 0) == hashes(validation, epoch: 5))
  }

  @Test("a resumed epoch gives the later batches and the whole hash of an unbroken one")
  func resumeGoesOn() throws {
    let boards = try TemporaryBoards(count: 10)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
    let loader = try loader(source, workers: 2, depth: 2, batch: 3)
    let whole = try hashes(loader, epoch: 2)
    loader.startEpoch(2)
    var soFar: UInt64 = 0
    for _ in 0..<2 {
      guard let batch = try loader.nextBatch() else { break }
      soFar = batch.epochHash
      batch.release()
    }
    #expect(try hashes(loader, epoch: 2, firstBatch: 2, hashSoFar: soFar) == Array(whole[2...]))
  }

  @Test("the epoch's hash does not depend on the batch size")
  func batchSizeDoesNotMatter() throws {
    let boards = try TemporaryBoards(count: 9)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
    let four = try hashes(try loader(source, workers: 2, depth: 2, batch: 4), epoch: 0).last
    #expect(try hashes(try loader(source, workers: 2, depth: 2, batch: 5), epoch: 0).last == four)
  }
}
