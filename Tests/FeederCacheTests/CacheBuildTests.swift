import BoardSupport
import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging
import Foundation
import Synchronization
import Testing

@testable import FeederCache

/// Boards with their own cache folder. Both are removed at the end.
final class CacheFixture {
  let boards: TemporaryBoards
  let folder: CacheFolder

  init(count: Int = 10, channels: Int = 1, sizes: [PixelSize] = TemporaryBoards.mixedSizes) throws {
    boards = try TemporaryBoards(count: count, channels: channels, sizes: sizes)
    folder = CacheFolder(boards.folder.path + "-cache")
  }

  deinit { try? FileManager.default.removeItem(at: folder.url) }

  func builder(_ recipe: CacheRecipe) throws -> CacheBuilder {
    let dataset = try boards.dataset()
    return CacheBuilder(
      dataset, .train, try SourceSurvey(dataset.entries(.train)), recipe: recipe, automaticChannels: 0, folder: folder)
  }

  func build(_ recipe: CacheRecipe) throws -> CacheFile { try builder(recipe).build() }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.url.path)) ?? [] }
}

@Suite("A cache file gives back what the sources hold")
struct CacheBuildTests {
  @Test("pixels equal the decoder's, channel after channel", arguments: [1, 3])
  func pixelsAreDecoded(channels: Int) throws {
    let fixture = try CacheFixture(channels: channels)
    let cache = ImageCache(
      try fixture.build(.pixels(channels: channels, imageSize: 64)), channels: channels, imageSize: 64)
    let decoder = try ImageDecoder()
    let scratch = try DecodeScratch()
    #expect(cache.count == fixture.boards.entries.count)
    for (index, entry) in fixture.boards.entries.enumerated() {
      let jpeg = try fixture.boards.jpeg(index)
      let size = try jpeg.withUnsafeBytes { try decoder.open($0).size }
      let expected = try jpeg.withUnsafeBytes {
        try decoder.decode($0, channels: channels, scale: .fitting(size, imageSize: 64))
      }
      #expect(cache.item(index) == SourceItem(imageID: entry.imageID, size: size, labels: entry.labels))
      let image = try cache.prepare(index, scratch: scratch)
      #expect(image.layout == .planar && UInt(bitPattern: image.base) % 64 == 0)
      #expect(Pixels(copying: image) == expected)
      let replacement = try cache.replacement(of: index, scratch: scratch)
      #expect(replacement == nil)
    }
  }

  @Test("JPEG records are the files' bytes, at multiples of 64")
  func jpegBytesAreKept() throws {
    let fixture = try CacheFixture()
    let file = try fixture.build(.encoded)
    for index in 0..<file.count {
      #expect(try [UInt8](file.record(index)) == fixture.boards.jpeg(index))
      #expect(file.items[index].offset % 64 == 0)
    }
  }

  @Test("two builds give the same bytes", arguments: [CacheRecipe.encoded, .pixels(channels: 1, imageSize: 64)])
  func buildsAreEqual(recipe: CacheRecipe) throws {
    let fixture = try CacheFixture()
    let path = try fixture.build(recipe).path
    let first = try Data(contentsOf: URL(filePath: path))
    _ = try fixture.build(recipe)
    #expect(try Data(contentsOf: URL(filePath: path)) == first)
    #expect(fixture.names.count == 1)
  }

  @Test("a damaged image is an item without a record, and the others are kept")
  func damagedImageIsNoted() throws {
    let fixture = try CacheFixture()
    let whole = try fixture.boards.jpeg(3)
    try fixture.boards.overwrite(3, with: Array(whole[..<(whole.count / 2)]))
    try fixture.boards.overwrite(5, with: [])
    let file = try fixture.build(.pixels(channels: 1, imageSize: 64))
    #expect(file.damagedImages.map(\.imageID) == [3, 5].map { fixture.boards.entries[$0].imageID })
    #expect(file.items[3].size != nil && file.items[5].size == nil)
    let cache = ImageCache(file, channels: 1, imageSize: 64)
    let scratch = try DecodeScratch()
    #expect(throws: CacheError.self) { try cache.prepare(3, scratch: scratch) }
    #expect(try cache.prepare(4, scratch: scratch).channels == 1)
  }

  @Test("without one readable image nothing is built and nothing left behind")
  func nothingReadable() throws {
    let fixture = try CacheFixture(count: 2)
    for index in 0..<2 { try fixture.boards.overwrite(index, with: Array("no image".utf8)) }
    #expect {
      try fixture.build(.encoded)
    } throws: { error in
      guard case CacheError.nothingReadable = error else { return false }
      return "\(error)".contains("not one image is readable")
    }
    #expect(fixture.names.isEmpty)
  }

  @Test("a source that changes while the file is built stops the build, and nothing is left")
  func changeDuringBuild() throws {
    let fixture = try CacheFixture()
    let builder = try fixture.builder(.encoded)
    try fixture.boards.overwrite(2, with: fixture.boards.jpeg(1))
    #expect(throws: CacheError.changedSource(path: fixture.boards.entries[2].imagePath)) { try builder.build() }
    #expect(fixture.names.isEmpty)
  }

  @Test("a new source list replaces the old file, and a killed build's leavings go")
  func oldFilesGo() throws {
    let fixture = try CacheFixture()
    let old = try fixture.build(.encoded)
    let other = try fixture.build(.pixels(channels: 1, imageSize: 64))
    let abandoned = old.path + ".1.2" + CacheFolder.temporaryEnding
    try Data([1, 2, 3]).write(to: URL(filePath: abandoned))
    try FileManager.default.copyItem(
      atPath: fixture.boards.entries[0].imagePath,
      toPath: fixture.boards.folder.appending(path: "images/train/zz.jpg").path)
    let new = try fixture.build(.encoded)
    #expect(new.count == old.count + 1)
    #expect(Set(fixture.names) == Set([new.path, other.path].map { URL(filePath: $0).lastPathComponent }))
    // Only the name of the old file is gone; whoever has it open can still read it.
    #expect(try old.record(1).count > 0)
  }

  @Test("drop removes the data set's files and no others")
  func dropIsExact() throws {
    let fixture = try CacheFixture()
    _ = try fixture.build(.encoded)
    let foreign = fixture.folder.url.appending(path: "other-0000000000000000-train-jpeg-0.feedercache")
    try Data([0]).write(to: foreign)
    #expect(try fixture.folder.drop(fixture.boards.dataset()).count == 1)
    #expect(fixture.names == [foreign.lastPathComponent])
  }

  @Test("a folder that cannot be made is named with what to do")
  func unwritableFolder() throws {
    let fixture = try CacheFixture(count: 1)
    let file = fixture.boards.folder.appending(path: "data.yaml").path
    let dataset = try fixture.boards.dataset()
    let builder = CacheBuilder(
      dataset, .train, try SourceSurvey(dataset.entries(.train)), recipe: .encoded, automaticChannels: 0,
      folder: CacheFolder(file + "/below-a-file"))
    #expect {
      try builder.build()
    } throws: {
      "\($0)".contains("below-a-file") && "\($0)".contains("cache_dir")
    }
  }
}
