import BoardSupport
import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging
import Foundation
import Synchronization
import Testing

@testable import FeederCache

/// Sizes below, at and above whole blocks.
private let tiledSizes = [
  PixelSize(width: 64, height: 64), PixelSize(width: 65, height: 63), PixelSize(width: 200, height: 160),
  PixelSize(width: 1, height: 130), PixelSize(width: 131, height: 3),
]

/// Tiles at every corner of an image, over the edges of blocks, of one pixel, and all of it.
private func tiles(of size: PixelSize) -> [Tile] {
  let sides = [(1, 1), (64, 64), (63, 65), (70, 130), (size.width, size.height), (size.width, 1), (1, size.height)]
  return sides.flatMap { width, height -> [Tile] in
    let part = PixelSize(width: min(width, size.width), height: min(height, size.height))
    let (right, lower) = (size.width - part.width, size.height - part.height)
    return [(0, 0), (right, 0), (0, lower), (right, lower), (right / 2, lower / 2), (min(right, 63), min(lower, 1))].map
    {
      Tile(x: $0.0, y: $0.1, size: part)
    }
  }
}

extension Pixels {
  /// The part `tile`.
  fileprivate func part(_ tile: Tile) -> Pixels {
    var part = Pixels(size: tile.size, channels: channels, value: 0)
    let rowByteCount = tile.size.width * channels
    for y in 0..<tile.size.height {
      let start = ((tile.y + y) * size.width + tile.x) * channels
      part.bytes.replaceSubrange(y * rowByteCount..<(y + 1) * rowByteCount, with: bytes[start..<start + rowByteCount])
    }
    return part
  }
}

@Suite("Tiles are the same pixels in every form")
struct TileTests {
  /// Every image, decoded in full.
  private func pictures(_ fixture: CacheFixture, channels: Int) throws -> [Pixels] {
    let decoder = try ImageDecoder()
    return try fixture.boards.entries.indices.map { index in
      try fixture.boards.jpeg(index).withUnsafeBytes { try decoder.decode($0, channels: channels) }
    }
  }

  private func check(_ source: any ImageSource, _ pictures: [Pixels], sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    let scratch = try DecodeScratch()
    for (index, picture) in pictures.enumerated() {
      #expect(source.size(of: index) == picture.size, sourceLocation: sourceLocation)
      for tile in tiles(of: picture.size) {
        source.willNeed(index, tile: tile)
        let view = try source.prepare(index, tile: tile, scratch: scratch)
        #expect(Pixels(copying: view) == picture.part(tile), "image \(index), \(tile)", sourceLocation: sourceLocation)
        let replacement = try source.replacement(of: index, tile: tile, scratch: scratch)
        #expect(replacement == nil, sourceLocation: sourceLocation)
        #expect(source.storedByteCount(of: index, tile: tile) > 0)
      }
      #expect(Pixels(copying: try source.prepare(index, scratch: scratch)) == picture, sourceLocation: sourceLocation)
    }
  }

  @Test("source files, encoded records, blocks", arguments: [1, 3])
  func formsAgree(channels: Int) throws {
    let fixture = try CacheFixture(count: 6, channels: channels, sizes: tiledSizes)
    try fixture.boards.overwrite(5, with: JPEGPieces.oriented(fixture.boards.jpeg(2), 6))
    let pictures = try pictures(fixture, channels: channels)
    let survey = try SourceSurvey(fixture.boards.dataset().entries(.train))
    let direct = DirectSource(survey, channels: channels, imageSize: 32, tileSide: 70)
    try check(direct, pictures)
    let encoded = ImageCache(
      try fixture.build(.encoded), channels: channels, imageSize: 32, tileSide: 70)
    try check(encoded, pictures)
    let tiled = ImageCache(
      try fixture.build(.tiles(channels: channels)), channels: channels, imageSize: 32, tileSide: 70)
    try check(tiled, pictures)
    #expect([direct.largestWidth, encoded.largestWidth, tiled.largestWidth] == [70, 70, 70])
    #expect(tiled.scratchByteCount == 70 * 70 * channels)
    #expect(direct.scratchByteCount > 200 * 160 * channels && encoded.scratchByteCount > 200 * 160 * channels)
    for item in tiled.file.items { #expect(item.offset % 4096 == 0 && item.length % 4096 == 0) }
  }

  @Test("without tiles, a picture in full is cropped; generated pictures too")
  func cropped() throws {
    let fixture = try CacheFixture(count: 3, sizes: tiledSizes)
    let pictures = try pictures(fixture, channels: 1)
    try check(
      ImageCache(try fixture.build(.pixels(channels: 1, imageSize: 640)), channels: 1, imageSize: 640), pictures)
  }

  @Test("blocks that are put together are the picture that was cut, at any size")
  func blocks() {
    for (channels, size) in [(1, PixelSize(width: 129, height: 70)), (3, PixelSize(width: 64, height: 131))] {
      let picture = TestImages.noise(size, channels: channels, seed: 9)
      let blocks = PixelBlocks(size, channels: channels)
      var memory = [UInt8](repeating: 1, count: blocks.byteCount)
      for row in 0..<blocks.rowCount {
        let top = row * PixelBlocks.side
        let part = picture.part(
          Tile(x: 0, y: top, size: PixelSize(width: size.width, height: min(PixelBlocks.side, size.height - top))))
        part.withView { band in
          memory.withUnsafeMutableBytes {
            blocks.split(band, into: UnsafeMutableRawBufferPointer(rebasing: $0[(row * blocks.rowByteCount)...]))
          }
        }
      }
      // The layout, in the plainest way.
      var expected = [UInt8](repeating: 0, count: blocks.byteCount)
      for y in 0..<size.height {
        for x in 0..<size.width {
          for channel in 0..<channels {
            let block = (y / 64 * blocks.columnCount + x / 64) * channels + channel
            expected[block * 4096 + y % 64 * 64 + x % 64] = picture.bytes[(y * size.width + x) * channels + channel]
          }
        }
      }
      #expect(memory == expected)
      for tile in tiles(of: size) {
        var out = [UInt8](repeating: 0, count: tile.size.width * tile.size.height * channels)
        memory.withUnsafeBytes { from in out.withUnsafeMutableBytes { blocks.gather(tile, from: from, into: $0) } }
        let view = out.withUnsafeBytes {
          Pixels(copying: ImageView($0, size: tile.size, channels: channels, layout: .planar))
        }
        #expect(view == picture.part(tile))
      }
    }
  }

  /// A tiled cache over a changed copy of the file, with the lines that it says.
  private func damaged(
    _ fixture: CacheFixture, _ file: CacheFile, hasFallback: Bool = true, _ change: (inout [UInt8]) -> Void
  ) throws -> (cache: ImageCache, lines: () -> [String]) {
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: file.path)))
    change(&bytes)
    let path = file.path + ".changed"
    try Data(bytes).write(to: URL(filePath: path))
    let said = Lines()
    let fallback = SourceFallback(try fixture.boards.dataset().entries(.train)) { said.add($0) }
    return (
      ImageCache(
        try CacheFile(path: path), channels: 1, imageSize: 64, tileSide: 64, fallback: hasFallback ? fallback : nil),
      { said.all }
    )
  }

  private final class Lines: Sendable {
    private let lines = Mutex([String]())
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  @Test("a damaged block, or its place in the table, costs its tiles alone, and they come from the image's own file")
  func damagedBlock() throws {
    let fixture = try CacheFixture(count: 1, sizes: [PixelSize(width: 200, height: 160)])
    let file = try fixture.build(.tiles(channels: 1))
    let picture = try pictures(fixture, channels: 1)[0]
    let item = file.items[0]
    let record = TiledRecord(picture.size, channels: 1)
    let scratch = try DecodeScratch()
    let inside = Tile(x: 70, y: 70, size: PixelSize(width: 20, height: 20))  // block 1, 1: number 5 of 4 x 3
    let beside = Tile(x: 0, y: 0, size: PixelSize(width: 64, height: 64))
    let over = Tile(x: 60, y: 60, size: PixelSize(width: 10, height: 10))
    for place in [record.place(5).lowerBound, record.place(5).upperBound - 1, 5 * 8 + 3] {
      let broken = try damaged(fixture, file, hasFallback: false) { $0[item.offset + place] ^= 1 }
      #expect(Pixels(copying: try broken.cache.prepare(0, tile: beside, scratch: scratch)) == picture.part(beside))
      for tile in [inside, over] {
        #expect {
          _ = try broken.cache.prepare(0, tile: tile, scratch: scratch)
        } throws: {
          "\($0)".contains("block 1, 1") && "\($0)".contains(item.imageID)
        }
      }
      let mended = try damaged(fixture, file) { $0[item.offset + place] ^= 1 }
      for tile in [inside, over, beside, Tile(whole: picture.size)] {
        #expect(Pixels(copying: try mended.cache.prepare(0, tile: tile, scratch: scratch)) == picture.part(tile))
        let replacement = try mended.cache.replacement(of: 0, tile: tile, scratch: scratch)
        #expect(replacement == nil)
      }
      #expect(mended.lines().count == 1)
      try #expect(
        !CacheVerification(mended.cache.file, fixture.boards.dataset().entries(.train)).findings.isEmpty)
    }
  }

  @Test("a file that is cut while it is read gives the same pixels from the images' own files")
  func cutInUse() throws {
    let fixture = try CacheFixture(count: 3, sizes: [PixelSize(width: 200, height: 160)])
    let file = try fixture.build(.tiles(channels: 1))
    let pictures = try pictures(fixture, channels: 1)
    let cache = try damaged(fixture, file) { _ in }
    try check(cache.cache, pictures)  // all blocks are verified
    try #require(truncate(cache.cache.file.path, off_t(file.items[1].offset + 8192)) == 0)
    try check(cache.cache, pictures)
    #expect(cache.lines().count == 1)
    // A changed own file is not taken for the same image.
    try fixture.boards.overwrite(2, with: fixture.boards.jpeg(0))
    let scratch = try DecodeScratch()
    #expect {
      _ = try cache.cache.prepare(2, tile: Tile(x: 0, y: 0, size: PixelSize(side: 9)), scratch: scratch)
    } throws: {
      "\($0)".contains("changed")
    }
  }

  @Test("an index that does not fit the blocks is refused")
  func hostileIndex() throws {
    let fixture = try CacheFixture(count: 2, sizes: tiledSizes)
    let file = try fixture.build(.tiles(channels: 1))
    let crimes: [(String, (inout CacheItem) -> Void)] = [
      ("a record that is no page", { $0.offset += 64 }),
      ("a page less", { $0.length -= 4096 }),
      ("another size", { ($0.size, $0.storedSize) = (PixelSize(side: 640), PixelSize(side: 640)) }),
      ("the largest sides", { ($0.size, $0.storedSize) = (PixelSize(side: 65_500), PixelSize(side: 65_500)) }),
      ("a reduction", { $0.denominator = 2 }),
      ("two sizes", { $0.storedSize = PixelSize(side: 63) }),
    ]
    for (name, crime) in crimes {
      let path = file.path + ".hostile"
      let copy = try TemporaryFile(for: path)
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: file.path)))
      try bytes.withUnsafeBytes { try copy.write($0, offset: 0) }
      let last = file.items[1]
      let index = CacheIndexWriter(
        copy, indexOffset: last.offset + last.length, itemCount: 2,
        labelCount: file.items.reduce(0) { $0 + $1.labels.count })
      for number in 0..<2 {
        var item = file.items[number]
        if number == 0 { crime(&item) }
        try index.put(item)
      }
      try index.seal(file.header)
      try copy.finish()
      #expect("\(name)") { try CacheFile(path: path) } throws: { "\($0)".contains("item 0") }
    }
  }

  @Test("unchanged records are taken over; a damaged image leaves zeros and costs itself alone")
  func takeOver() throws {
    let fixture = try CacheFixture(count: 5, sizes: [PixelSize(width: 200, height: 160)])
    let broken = try Array(fixture.boards.jpeg(3).dropLast(2_000))
    try fixture.boards.overwrite(3, with: broken)
    func build(_ old: CacheFile?) throws -> (file: CacheFile, taken: Int) {
      let dataset = try fixture.boards.dataset()
      let builder = CacheBuilder(
        dataset, .train, try SourceSurvey(dataset.entries(.train)), recipe: .tiles(channels: 1), automaticChannels: 0,
        folder: fixture.folder, replacing: old)
      var taken = 0
      return (try builder.build(tookOver: { taken = $0 }), taken)
    }
    let first = try build(nil).file
    #expect(first.damagedImages.count == 1 && first.path.contains("-tiles-1-"))
    let entries = try fixture.boards.dataset().entries(.train)
    #expect(try CacheVerification(first, entries).findings.isEmpty)
    try fixture.boards.overwrite(1, with: fixture.boards.jpeg(0))
    let second = try build(first)
    #expect(second.taken == 3)
    #expect(try CacheVerification(second.file, fixture.boards.dataset().entries(.train)).findings.isEmpty)
    let again = try build(nil).file
    #expect(again.contentKey == second.file.contentKey)
    #expect(try Data(contentsOf: URL(filePath: again.path)).count == second.file.byteCount)
    // A damaged old record is made anew.
    let item = again.items[2]
    let handle = try FileHandle(forUpdating: URL(filePath: again.path))
    try handle.seek(toOffset: UInt64(item.offset + item.length - 1))
    try handle.write(contentsOf: [9])
    try handle.close()
    let third = try build(CacheFile(path: again.path))
    #expect(third.taken == 3)
    #expect(try CacheVerification(third.file, fixture.boards.dataset().entries(.train)).findings.isEmpty)
  }

  @Test("a picture that must be in memory as a whole is refused above the budget, with the remedy")
  func memory() throws {
    let fixture = try CacheFixture(count: 2, sizes: [PixelSize(width: 200, height: 160)])
    try fixture.boards.overwrite(1, with: JPEGPieces.oriented(fixture.boards.jpeg(1), 6))
    let dataset = try fixture.boards.dataset()
    func build(_ memory: Int) throws -> CacheFile {
      try CacheBuilder(
        dataset, .train, try SourceSurvey(dataset.entries(.train)), recipe: .tiles(channels: 1), automaticChannels: 0,
        folder: fixture.folder, memory: memory
      ).build()
    }
    #expect {
      try build(1 << 20)
    } throws: {
      "\($0)".contains("board1001.jpg") && "\($0)".contains("orientation")
    }
    #expect(fixture.names.isEmpty)
    #expect(try build(64 << 20).damagedImages.isEmpty)
    try fixture.boards.overwrite(1, with: fixture.boards.jpeg(0))
    // Bands alone are never refused, whatever the budget.
    #expect(try build(1).damagedImages.isEmpty)
  }

  @Test("the opener takes blocks for tiles, says why, and finds them again")
  func opener() throws {
    let fixture = try CacheFixture(count: 3, sizes: tiledSizes)
    func open(_ cache: CacheChoice, tileSide: Int?, largest: Int? = nil) throws -> (OpenedSource, [String]) {
      var options = SourceOptions(imageSize: 64)
      (options.cache, options.tileSide, options.cacheFolder) = (cache, tileSide, fixture.folder.url.path)
      if let largest { options.largestImage = largest }
      let said = Lines()
      let opener = SourceOpener(
        try fixture.boards.dataset(), options, say: { said.add($0) },
        measure: { _, _, _, _, _ in throw CacheError.foreignFile(path: "nothing is measured for tiles") })
      return (try opener.open(.train), said.all)
    }
    let (first, lines) = try open(.auto, tileSide: 70)
    #expect(first.wasBuilt && first.file?.recipe == .tiles(channels: 1))
    #expect(lines.contains { $0.contains("cache: tiles for train (every tile of an encoded image decodes all of it") })
    #expect(try !open(.auto, tileSide: 48).0.wasBuilt)
    #expect(try !open(.pixels, tileSide: 48).0.wasBuilt)
    #expect(try open(.jpeg, tileSide: 48).0.file?.recipe == .encoded)
    #expect(try open(.none, tileSide: 48).0.file == nil)
    #expect(try open(.pixels, tileSide: nil).0.file?.recipe == .pixels(channels: 1, imageSize: 64))
    let pictures = try pictures(fixture, channels: 1)
    for cache in CacheChoice.allCases { try check(open(cache, tileSide: 131).0.source, pictures) }
    // A smaller limit than the images: all are refused, with the hint.
    #expect {
      try open(.none, tileSide: 64, largest: 100).0.source.prepare(2, scratch: DecodeScratch())
    } throws: {
      "\($0)".contains("--largest-image")
    }
  }
}
