import BoardSupport
import FeederCache
import FeederCore
import FeederDatasets
import FeederImaging
import Foundation
import Testing

@testable import FeederLoader

@Suite("A loader cuts boards in tiles")
struct TileStreamTests {
  private static let tiling = Tiling(side: 40, overlap: 0.25)

  private func source(_ boards: TemporaryBoards, _ choice: CacheChoice) throws -> any ImageSource {
    var options = SourceOptions(imageSize: 64)
    options.cache = choice
    options.cacheFolder = boards.folder.path + "/cache"
    options.channels = 1
    options.tileSide = Self.tiling.side
    return try SourceOpener(try boards.dataset(), options).open(.train).source
  }

  private func settings(_ mode: LoaderMode, workers: Int = 2, depth: Int = 2) -> LoaderSettings {
    var settings = LoaderSettings(
      batch: 4, imageSize: 64, mode: mode, seed: 11, workers: workers, prefetchDepth: depth)
    settings.tiling = Self.tiling
    return settings
  }

  private func hashes(_ source: any ImageSource, _ settings: LoaderSettings) throws -> [[UInt64]] {
    let loader = try Loader(source: source, settings: settings)
    return try (0..<3).map { epoch in
      loader.startEpoch(epoch, closeMosaic: epoch == 2)
      if epoch < 2 { loader.announceEpoch(epoch + 1, closeMosaic: epoch == 1) }
      var hashes: [UInt64] = []
      while let batch = try loader.nextBatch() { hashes.append(batch.hash) }
      #expect(hashes.count == loader.batchCount(in: epoch))
      return hashes
    }
  }

  @Test("The stream is the same for every cache form, number of workers and depth")
  func formsAreEqual() throws {
    let boards = try TemporaryBoards(count: 5)
    for mode in [LoaderMode.training(AugmentationSettings()), .validation] {
      var expected: [[UInt64]]?
      for choice in [CacheChoice.none, .jpeg, .pixels] {
        let source = try source(boards, choice)
        for (workers, depth) in [(1, 1), (3, 4)] {
          let hashes = try hashes(source, settings(mode, workers: workers, depth: depth))
          #expect(hashes == expected ?? hashes, "\(choice), \(workers) workers")
          expected = hashes
        }
      }
    }
  }

  @Test("A resumed epoch goes on with the same batches, and ranks share them")
  func resumeAndRanks() throws {
    let source = try source(try TemporaryBoards(count: 5), .jpeg)
    let mode = LoaderMode.training(AugmentationSettings())
    let whole = try Loader(source: source, settings: settings(mode))
    var hashes: [UInt64] = []
    var sums: [UInt64] = []
    whole.startEpoch(1)
    while let batch = try whole.nextBatch() {
      hashes.append(batch.hash)
      sums.append(batch.epochHash)
    }
    let resumed = try Loader(source: source, settings: settings(mode, workers: 1))
    resumed.startEpoch(1, firstBatch: 3, hashSoFar: sums[2])
    var rest: [UInt64] = []
    while let batch = try resumed.nextBatch() { rest.append(batch.hash) }
    #expect(rest == Array(hashes[3...]) && resumed.epochHash == whole.epochHash)
    func images(rank: Int) throws -> [[UInt64]] {
      var settings = settings(mode)
      (settings.batch, settings.rank, settings.rankCount) = (2, rank, 2)
      let loader = try Loader(source: source, settings: settings)
      loader.startEpoch(1)
      var images: [[UInt64]] = []
      while let batch = try loader.nextBatch() { images.append(batch.images.map(\.hash)) }
      return images
    }
    whole.startEpoch(1)
    var alone: [[UInt64]] = []
    while let batch = try whole.nextBatch() { alone.append(batch.images.map(\.hash)) }
    let (first, second) = (try images(rank: 0), try images(rank: 1))
    #expect(first.count == alone.count && second.count == alone.count)
    for (batch, hashes) in alone.enumerated() {
      let odd = hashes.indices.filter { $0 % 2 == 1 }
      #expect(first[batch] == hashes.indices.filter { $0 % 2 == 0 }.map { hashes[$0] })
      #expect(second[batch] == odd.map { hashes[$0] })
    }
  }

  @Test("Without augmentation a tile is exactly its pixels and labels of the board")
  func exactPixels() throws {
    let boards = try TemporaryBoards(count: 3)
    let source = try source(boards, .none)
    var settings = settings(.validation)
    settings.imageSize = Self.tiling.side  // one network pixel per board pixel
    let loader = try Loader(source: source, settings: settings)
    let tiles = try #require(loader.validationTiles)
    let scratch = try DecodeScratch()
    loader.startEpoch(0)
    var seen = 0
    while let batch = try loader.nextBatch() {
      let (images, targets) = (batch.images, batch.targets)
      for place in 0..<batch.imageCount {
        let (board, tile) = tiles.place(of: images[place].entryIndex)
        let area = try #require(tile)
        let whole = try source.prepare(board, tile: Tile(whole: try #require(source.size(of: board))), scratch: scratch)
        batch.withImage(place) { drawn in
          // A board that is smaller than a tile lies in the middle.
          let left = images[place].letterbox.padLeft
          let top = images[place].letterbox.padTop
          for row in 0..<area.size.height {
            for column in 0..<area.size.width {
              let from: Int = (area.y + row) * whole.rowStride + (area.x + column) * whole.pixelStride
              let to: Int = (top + row) * drawn.rowStride + left + column
              #expect(drawn.base[to] == whole.base[from])
            }
          }
        }
        let own = targets.filter { $0.imageIndex == place }
        #expect(own.count == tiles.labelCount(of: images[place].entryIndex))
        seen += 1
      }
    }
    #expect(seen == tiles.count)
  }

  @Test("An epoch has every tile with boxes, the asked share of the others, and shifts of its own")
  func epochs() throws {
    let source = try source(try TemporaryBoards(count: 6), .none)
    func tiles(_ empty: Double?, epoch: Int) -> TiledSource {
      TiledSource(
        training: source, Tiling(side: 20, overlap: 0.2, empty: empty), seed: 1, epoch: epoch)
    }
    func boxes(_ tiles: TiledSource) -> Int { (0..<tiles.count).count { tiles.labelCount(of: $0) > 0 } }
    for epoch in 0..<4 {
      let all = tiles(1, epoch: epoch)
      let withBoxes = boxes(all)
      #expect(withBoxes > 0 && withBoxes < all.count)
      var area: [Int: Int] = [:]
      for index in 0..<all.count {
        let place = all.place(of: index)
        area[place.board, default: 0] += place.tile.map { $0.size.width * $0.size.height } ?? 0
      }
      for board in 0..<source.count {
        let size = try #require(source.size(of: board))
        #expect(area[board] == size.width * size.height, "every pixel once")
      }
      #expect(boxes(tiles(0, epoch: epoch)) == withBoxes && tiles(0, epoch: epoch).count == withBoxes)
      let some = tiles(0.1, epoch: epoch)
      #expect(boxes(some) == withBoxes && some.count - withBoxes == Int((Double(all.count) * 0.1).rounded()))
      let usual = tiles(nil, epoch: epoch)
      #expect(boxes(usual) == withBoxes && usual.count == min(2 * withBoxes, all.count))
    }
    let positions = (0..<4).map { epoch in tiles(1, epoch: epoch).place(of: 0).tile?.size }
    #expect(Set(positions).count > 1)
  }

  @Test("A damaged board costs its tiles alone and counts once")
  func damaged() throws {
    let boards = try TemporaryBoards(count: 6)
    let whole = try boards.jpeg(2)
    try boards.overwrite(2, with: Array(whole[..<(whole.count / 2)]))
    try boards.overwrite(4, with: Array("not a JPEG".utf8))
    for mode in [LoaderMode.training(AugmentationSettings()), .validation] {
      var settings = settings(mode)
      settings.damagedShare = 0.5
      let loader = try Loader(source: try source(boards, .none), settings: settings)
      loader.startEpoch(0)
      while let batch = try loader.nextBatch() { batch.release() }
      #expect(loader.quarantined.map(\.entryIndex) == [2, 4])
    }
  }

  @Test("auto cuts large boards and small boxes, and says why")
  func decision() {
    let large = TileDecision(
      sizes: [PixelSize(width: 6400, height: 4800)], boxes: [(side: 24, imageSide: 6400)], imageSize: 640)
    #expect(large.side == 640)
    #expect(
      "\(large.line)"
        == "tile: 640 (auto: images of 6400 x 4800 are cut in 130 tiles; the median box is 2.4 px at 640 px and 24.0 px in tiles)"
    )
    #expect(
      TileDecision(
        sizes: [PixelSize(width: 1000, height: 1000)], boxes: [(side: 10, imageSide: 1000)], imageSize: 640
      ).side
        == 640)
    #expect(
      TileDecision(sizes: [PixelSize(width: 640, height: 640)], boxes: [(side: 4, imageSide: 640)], imageSize: 640)
        .side == nil)
    #expect(
      TileDecision(sizes: [PixelSize(width: 1200, height: 900)], boxes: [(side: 60, imageSide: 1200)], imageSize: 640)
        .side == nil)
    #expect(TileDecision(sizes: [], boxes: [], imageSize: 640).side == nil)
  }
}
