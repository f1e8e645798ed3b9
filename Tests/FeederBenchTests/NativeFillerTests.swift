import BoardSupport
import FeederBench
import FeederCache
import FeederCodecs
import FeederCore
import FeederImaging
import FeederLoader
import Foundation
import Testing

@Suite("The loader with native images delivers each as it is kept, in order, whole, whatever the workers do")
struct NativeFillerTests {
  private func cache(
    _ boards: TemporaryBoards, _ form: CacheChoice, channels: Int, imageSize: Int = 64
  ) throws -> ImageCache {
    var options = SourceOptions(imageSize: imageSize)
    options.cache = form
    options.channels = channels
    options.cacheFolder = boards.folder.appending(path: "cache").path
    let source = try SourceOpener(try boards.dataset(), options).open(.train).source
    return try #require(source as? ImageCache)
  }

  private func loader(
    _ cache: ImageCache, _ order: [Int], batch: Int = 4, workers: Int = 2, prefetchDepth: Int = 2
  ) throws -> Loader {
    let loader = try Loader(
      filler: NativeFiller(cache, order: order),
      settings: LoaderSettings(
        batch: batch, imageSize: 64, mode: .validation, workers: workers, prefetchDepth: prefetchDepth))
    loader.startEpoch(0)
    return loader
  }

  private struct Ended: Error {}

  private func first(_ loader: Loader) throws -> Batch {
    guard let batch = try loader.nextBatch() else { throw Ended() }
    return batch
  }

  /// The entry at `place` of the batch, with its size and bytes.
  private func image(_ batch: borrowing Batch, _ place: Int, channels: Int) -> (
    entry: Int, size: PixelSize, bytes: [UInt8]
  ) {
    let (image, placeByteCount) = (batch.images[place], batch.pixels.count / batch.imageCount)
    let start = place * placeByteCount
    let end = start + image.size.width * image.size.height * channels
    return (image.entryIndex, image.size, Array(batch.pixels[start..<end]))
  }

  @Test("encoded records become the decoder's own pixels, interleaved", arguments: [1, 3], [1, 3])
  func decoded(channels: Int, workers: Int) throws {
    let boards = try TemporaryBoards(count: 11, channels: 3)
    let cache = try cache(boards, .jpeg, channels: channels)
    let order = EpochOrder.permutation(count: 11, seed: 3, epoch: 0).map(Int.init)
    let loader = try loader(cache, order, workers: workers)
    let decoder = try ImageDecoder()
    var seen: [Int] = []
    for epoch in 0..<3 {
      while let batch = try loader.nextBatch() {
        for place in 0..<batch.imageCount {
          let (entry, size, pixels) = image(batch, place, channels: channels)
          let expected = try boards.jpeg(entry).withUnsafeBytes { try decoder.decode($0, channels: channels) }
          #expect(size == expected.size && expected.bytes == pixels)
          seen.append(entry)
        }
      }
      loader.startEpoch(epoch + 1)
    }
    #expect(seen == order + order + order)
  }

  @Test("pixel records are copied as the cache lends them", arguments: [1, 3])
  func copied(channels: Int) throws {
    let boards = try TemporaryBoards(count: 7, channels: 3)
    let cache = try cache(boards, .pixels, channels: channels)
    let loader = try loader(cache, Array(0..<7), batch: 7)
    let batch = try first(loader)
    let scratch = try DecodeScratch()
    for place in 0..<7 {
      let (entry, size, pixels) = image(batch, place, channels: channels)
      let image = try cache.prepare(entry, scratch: scratch)
      #expect(image.size == size)
      #expect(UnsafeBufferPointer(start: image.base, count: image.byteCount).elementsEqual(pixels))
    }
  }

  @Test(
    "images too large for the core's own cache, and records large enough to be streamed, arrive as well",
    arguments: [1, 3])
  func large(channels: Int) throws {
    let sizes = [PixelSize(width: 1280, height: 1250), PixelSize(width: 641, height: 479)]
    let boards = try TemporaryBoards(count: 2, channels: 3, sizes: sizes)
    let decoder = try ImageDecoder()
    for form in [CacheChoice.jpeg, .pixels] {
      let cache = try cache(boards, form, channels: channels, imageSize: 1280)
      let loader = try loader(cache, [0, 1], batch: 2)
      let batch = try first(loader)
      for place in 0..<2 {
        let (entry, size, pixels) = image(batch, place, channels: channels)
        let expected = try boards.jpeg(entry).withUnsafeBytes { try decoder.decode($0, channels: channels) }
        #expect(size == expected.size)
        let planes = (0..<channels).flatMap { channel in
          stride(from: channel, to: expected.bytes.count, by: channels).map { expected.bytes[$0] }
        }
        #expect((form == .jpeg ? expected.bytes : planes) == pixels)
      }
    }
  }

  @Test("a damaged image costs its own place, which is plain 114")
  func damaged() throws {
    let boards = try TemporaryBoards(count: 4)
    let half = try boards.jpeg(2)
    try boards.overwrite(2, with: Array(half[..<(half.count / 2)]))
    let loader = try loader(try cache(boards, .jpeg, channels: 1), Array(0..<4))
    let batch = try first(loader)
    for place in 0..<4 {
      let (entry, _, pixels) = image(batch, place, channels: 1)
      #expect(pixels.allSatisfy { $0 == 114 } == (entry == 2))
      #expect(batch.images[place].isDamaged == (entry == 2))
    }
  }

  @Test("the slots keep within a budget")
  func budget() throws {
    let boards = try TemporaryBoards(count: 5)
    let boardsCache = try cache(boards, .jpeg, channels: 1)
    let filler = NativeFiller(boardsCache, order: Array(0..<5))
    #expect(filler.placeByteCount == 200 * 160)
    var settings = LoaderSettings(batch: 2, imageSize: 64, mode: .validation, workers: 1, prefetchDepth: 9)
    let slot = try Loader.plan(filler, settings).slotCost
    settings.memoryBudget = try Loader.plan(filler, settings).minimum + 2 * slot
    #expect(try Loader.plan(filler, settings).prefetchDepth == 3)
    settings.memoryBudget = 2 * slot
    #expect(throws: LoaderError.self) { try Loader.plan(filler, settings) }
    #expect(throws: LoaderError.noImages) {
      try Loader(filler: NativeFiller(boardsCache, order: []), settings: settings)
    }
  }
}
