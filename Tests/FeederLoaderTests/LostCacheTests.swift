import BoardSupport
import FeederCache
import FeederCore
import FeederDatasets
import Foundation
import Synchronization
import Testing

@testable import FeederLoader

@Suite(
  "A cache file that fails while it is read costs nothing: its images come from their sources, and the stream is the same"
)
struct LostCacheTests {
  private let boards: TemporaryBoards
  private let messages = Messages()

  private final class Messages: Sendable {
    let all = Mutex<[String]>([])
  }

  init() throws {
    boards = try TemporaryBoards(
      count: 24, sizes: [PixelSize(side: 256), PixelSize(width: 200, height: 160), PixelSize(width: 120, height: 256)])
  }

  private func open(_ choice: CacheChoice, of boards: TemporaryBoards? = nil) throws -> OpenedSource {
    let boards = boards ?? self.boards
    var options = SourceOptions(imageSize: 256)
    options.cache = choice
    options.cacheFolder = boards.folder.path + "/cache"
    options.channels = 1
    let messages = messages
    return try SourceOpener(
      try boards.dataset(), options, say: { line in messages.all.withLock { $0.append(line) } }
    ).open(.train)
  }

  /// Hashes of the batches of three epochs, or of the first `most`. `harm` runs once, before batch `moment` is
  /// requested.
  private func hashes(
    _ source: any ImageSource, most: Int = .max, at moment: Int = -1, harm: () -> Void = {}
  ) throws -> [UInt64] {
    let loader = try Loader(
      source: source,
      settings: LoaderSettings(
        batch: 4, imageSize: 256, mode: .training(AugmentationSettings()), seed: 5, workers: 2, prefetchDepth: 2))
    var hashes: [UInt64] = []
    for epoch in 0..<3 {
      loader.startEpoch(epoch)
      while true {
        if hashes.count == most { return hashes }
        if hashes.count == moment { harm() }
        guard let batch = try loader.nextBatch() else { break }
        hashes.append(batch.hash)
        batch.release()
      }
    }
    return hashes
  }

  /// Number of times that each file is cut. tools/torture sets more.
  private static let rounds = ProcessInfo.processInfo.environment["FEEDER_TORTURE"].flatMap { Int($0) } ?? 25

  @Test("cut to nothing, to half, anywhere, at any moment of three epochs", arguments: [CacheChoice.pixels, .jpeg])
  func cut(_ choice: CacheChoice) throws {
    let expected = try hashes(try open(choice).source)
    for round in 0..<Self.rounds {
      let opened = try open(choice)
      let file = try #require(opened.file)
      let length = round == 0 ? 0 : round == 1 ? file.byteCount / 2 : Int.random(in: 0..<file.byteCount)
      let moment = Int.random(in: 1..<15)  // from 15 of 18 batches on, every record may have been read
      messages.all.withLock { $0 = [] }
      let found = try hashes(opened.source, at: moment) { #expect(truncate(file.path, length) == 0) }
      #expect(found == expected, "\(length) of \(file.byteCount) bytes left before batch \(moment)")
      let said = messages.all.withLock { $0 }
      #expect(said.count <= 1 && said.allSatisfy { $0.contains(file.path) && $0.contains("come from their own files") })
      if length == 0 { #expect(said.count == 1) }
    }
    messages.all.withLock { $0 = [] }
    let again = try open(choice)
    #expect(again.wasBuilt && messages.all.withLock { $0.first?.contains("rebuilding") } == true)
    #expect(try hashes(again.source) == expected)
  }

  /// 96,000 small images: their index is larger than the 16 MiB that are kept in memory.
  @Test("a cache whose index lies in a file of its own, cut to nothing")
  func cutLarge() throws {
    let boards = try TemporaryBoards(count: 24, sizes: [PixelSize(side: 32)])
    for entry in boards.entries {
      for number in 0..<4000 {
        for path in [entry.imagePath, entry.labelPath] {
          let url = URL(filePath: path)
          let name = "\(number)-" + url.lastPathComponent
          #expect(link(path, url.deletingLastPathComponent().appending(path: name).path) == 0)
        }
      }
    }
    let before = NamelessFile.all()
    let opened = try open(.jpeg, of: boards)
    let file = try #require(opened.file)
    #expect(!NamelessFile.all().subtracting(before).isEmpty, "the index has no file of its own")
    let expected = try hashes(opened.source, most: 40)
    let found = try hashes(opened.source, most: 40, at: 10) { #expect(truncate(file.path, 0) == 0) }
    #expect(found == expected)
    #expect(messages.all.withLock { $0.count { $0.contains("come from their own files") } } == 1)
  }

  @Test("a flipped byte", arguments: [CacheChoice.pixels, .jpeg])
  func flipped(_ choice: CacheChoice) throws {
    let opened = try open(choice)
    let expected = try hashes(opened.source)
    let path = try #require(opened.file?.path)
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    bytes[130] ^= 4
    try Data(bytes).write(to: URL(filePath: path))
    let damaged = try open(choice)
    #expect(!damaged.wasBuilt)
    messages.all.withLock { $0 = [] }
    #expect(try hashes(damaged.source) == expected)
    #expect(messages.all.withLock { $0.count == 1 && $0[0].contains("checksum") && $0[0].contains(path) })
  }

  @Test("if the image's own file changed too, the stream stops and names it")
  func changedToo() throws {
    let opened = try open(.pixels)
    let path = try #require(opened.file?.path)
    for index in 0..<24 { try boards.overwrite(index, with: try boards.jpeg((index + 3) % 24)) }
    #expect(truncate(path, 0) == 0)
    #expect {
      try hashes(opened.source)
    } throws: {
      "\($0)".contains(boards.folder.path) && "\($0)".contains("changed while it was being read")
    }
  }
}
