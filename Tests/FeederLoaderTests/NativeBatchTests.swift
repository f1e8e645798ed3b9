import BoardSupport
import FeederCache
import FeederCore
import FeederImaging
import FeederLoader
import Foundation
import Testing

@Suite("Native batches hold each image as it is kept, in order, whole, whatever the workers do")
struct NativeBatchTests {
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

  private func settings(_ order: [Int], batch: Int = 4, workers: Int = 2, prefetchDepth: Int = 2)
    -> NativeBatches.Settings
  {
    NativeBatches.Settings(order: order, batch: batch, workers: workers, prefetchDepth: prefetchDepth)
  }

  @Test("JPEG records become the decoder's own pixels, interleaved", arguments: [1, 3], [1, 3])
  func decoded(channels: Int, workers: Int) throws {
    let boards = try TemporaryBoards(count: 11, channels: 3)
    let cache = try cache(boards, .jpeg, channels: channels)
    let order = NativeBatches.shuffled(count: 11, seed: 3)
    #expect(order.sorted() == Array(0..<11))
    let batches = try NativeBatches(cache, settings(order, workers: workers))
    let decoder = try ImageDecoder()
    for number in 0..<9 {
      let batch = try batches.next()
      #expect(batch.number == number && batch.imageCount == 4)
      for place in 0..<4 {
        let (entry, size, pixels) = batch.image(place)
        #expect(entry == order[(number * 4 + place) % 11])
        let expected = try boards.jpeg(entry).withUnsafeBytes { try decoder.decode($0, channels: channels) }
        #expect(size == expected.size && expected.bytes.elementsEqual(pixels))
      }
    }
    #expect(batches.damagedCount == 0)
  }

  @Test("Pixel records are copied as the cache lends them", arguments: [1, 3])
  func copied(channels: Int) throws {
    let boards = try TemporaryBoards(count: 7, channels: 3)
    let cache = try cache(boards, .pixels, channels: channels)
    let batches = try NativeBatches(cache, settings(Array(0..<7), batch: 7))
    let batch = try batches.next()
    let scratch = try DecodeScratch()
    for place in 0..<7 {
      let (entry, size, pixels) = batch.image(place)
      try cache.withImage(entry, scratch: scratch) { image in
        #expect(image.size == size && image.byteCount == pixels.count)
        #expect(UnsafeBufferPointer(start: image.base, count: image.byteCount).elementsEqual(pixels))
      }
    }
  }

  @Test(
    "Images too large for the core's own cache, and records large enough to be streamed, arrive as well",
    arguments: [1, 3])
  func large(channels: Int) throws {
    let sizes = [PixelSize(width: 1280, height: 1250), PixelSize(width: 641, height: 479)]
    let boards = try TemporaryBoards(count: 2, channels: 3, sizes: sizes)
    let decoder = try ImageDecoder()
    for form in [CacheChoice.jpeg, .pixels] {
      let cache = try cache(boards, form, channels: channels, imageSize: 1280)
      let batch = try NativeBatches(cache, settings([0, 1], batch: 2)).next()
      for place in 0..<2 {
        let (entry, size, pixels) = batch.image(place)
        let expected = try boards.jpeg(entry).withUnsafeBytes { try decoder.decode($0, channels: channels) }
        #expect(size == expected.size)
        let planes = (0..<channels).flatMap { channel in
          stride(from: channel, to: expected.bytes.count, by: channels).map { expected.bytes[$0] }
        }
        #expect((form == .jpeg ? expected.bytes : planes).elementsEqual(pixels))
      }
    }
  }

  @Test("A damaged JPEG costs its own place, which is plain 114")
  func damaged() throws {
    let boards = try TemporaryBoards(count: 4)
    let half = try boards.jpeg(2)
    try boards.overwrite(2, with: Array(half[..<(half.count / 2)]))
    let cache = try cache(boards, .jpeg, channels: 1)
    let batches = try NativeBatches(cache, settings(Array(0..<4)))
    let batch = try batches.next()
    for place in 0..<4 {
      let (entry, _, pixels) = batch.image(place)
      #expect(pixels.allSatisfy { $0 == 114 } == (entry == 2))
    }
    #expect(batches.damagedCount >= 1)
  }

  @Test("Slots go back in any order; who holds them all is told so; after a cancel nothing comes")
  func lending() throws {
    let boards = try TemporaryBoards(count: 5)
    let batches = try NativeBatches(
      try cache(boards, .jpeg, channels: 1), settings(Array(0..<5), batch: 2, prefetchDepth: 1))
    let first = try batches.next()
    let second = try batches.next()
    #expect(throws: LoaderError.everySlotLent(2)) { try batches.next().release() }
    second.release()
    first.release()
    let third = try batches.next()
    let fourth = try batches.next()
    #expect(third.number == 2 && fourth.number == 3)
    third.release()
    fourth.release()
    batches.cancel()
    #expect(throws: LoaderError.cancelled) { try batches.next().release() }
  }

  @Test("Slots keep within a budget, or the smallest budget is named")
  func budget() throws {
    let boards = try TemporaryBoards(count: 5)
    let cache = try cache(boards, .jpeg, channels: 1)
    var settings = settings(Array(0..<5), batch: 2, prefetchDepth: 9)
    let slot = NativeBatches.slotByteCount(cache, settings)
    #expect(slot == 2 * 200 * 160)
    try settings.fit(cache, budget: 4 * slot + 5)
    #expect(settings.prefetchDepth == 3)
    #expect(throws: LoaderError.budgetTooSmall(budget: 2 * slot - 1, minimum: 2 * slot)) {
      try settings.fit(cache, budget: 2 * slot - 1)
    }
    #expect(throws: LoaderError.noImages) { try NativeBatches(cache, self.settings([])) }
  }
}
