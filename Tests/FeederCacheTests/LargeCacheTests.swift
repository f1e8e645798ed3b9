import BoardSupport
import CAllocationCount
import FeederCore
import FeederDatasets
import FeederImaging
import Foundation
import Testing

@testable import FeederCache

/// A cache file with any number of images of one grey pixel, one label each. It is removed at the end.
final class OnePixelCache {
  let path: String

  init(count: Int) throws {
    path = FileManager.default.temporaryDirectory.appending(path: "feeder-large-\(UUID().uuidString)").path
    try SyntheticCache(count: count).write(to: path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

// Serialized, because one test searches for its new copy among all files of this process.
@Suite("A cache of a million images opens without building anything an image", .serialized)
struct LargeCacheTests {
  /// Blocks and bytes that this thread allocates in `body`.
  private func allocations<Result>(_ body: () throws -> Result) rethrows -> (Result, blocks: UInt64, bytes: UInt64) {
    let (blocks, bytes) = (feeder_own_allocation_count(), feeder_own_allocation_bytes())
    let result = try body()
    return (result, feeder_own_allocation_count() - blocks, feeder_own_allocation_bytes() - bytes)
  }

  @Test(
    "opening asks for as many blocks for a million images as for fewer, and for one bit an image and one a page",
    .enabled(if: feeder_counts_allocations(), "a sanitizer's own malloc is not counted"))
  func blocksDoNotGrow() throws {
    let small = try OnePixelCache(count: 200_000)
    let large = try OnePixelCache(count: 1_000_000)
    func open(_ path: String) throws -> ImageCache {
      ImageCache(try CacheFile(path: path), channels: 1, imageSize: 640)
    }
    _ = try open(small.path)  // allocates what is allocated once per process
    let few = try allocations { try open(small.path) }
    let many = try allocations { try open(large.path) }
    #expect(few.0.count == 200_000)
    #expect(many.0.count == 1_000_000 && many.0.largestWidth == 1)
    #expect((1..<100).contains(few.blocks))
    #expect(many.blocks == few.blocks)
    // Pages of the file, and of the copy of its index.
    let pages = 2 * (many.0.file.byteCount - few.0.file.byteCount) / 4096
    #expect(many.bytes > few.bytes && many.bytes - few.bytes <= UInt64(100_064 + pages / 8 + 64))
    #expect(many.0.item(999_999).imageID == "image0999999")
    withExtendedLifetime((small, large)) {}
  }

  @Test("the loader's questions ask for no memory, and are answered with what the item says")
  func hotPathsBuildNothing() throws {
    let file = try OnePixelCache(count: 3000)
    let cache = ImageCache(try CacheFile(path: file.path), channels: 1, imageSize: 640)
    let scratch = try DecodeScratch()
    var sum = 0.0
    var pixels = 0
    func use(_ index: Int) throws {
      sum += Double(cache.size(of: index)?.width ?? 0) + Double(cache.labelCount(of: index))
      cache.forEachLabel(of: index) { sum += $0.width }
      sum += Double(cache.storedByteCount(of: index))
      cache.willNeed(index)
      pixels += Int(try cache.prepare(index, scratch: scratch).base.pointee)
      if try cache.replacement(of: index, scratch: scratch) != nil { pixels = -1 }
    }
    try use(0)
    let asked = try allocations { for index in 0..<3000 { try use(index) } }
    #expect(asked.blocks == 0)
    let expectedPixels = (0..<3000).map { $0 % 256 }.reduce(0, +)
    #expect(sum == 3001 * 3.5)
    #expect(pixels == expectedPixels)
    let item = cache.item(2999)
    #expect(item.imageID == "image0002999" && item.size == PixelSize(side: 1) && item.labels.count == 1)
    withExtendedLifetime(file) {}
  }

  @Test("an index too large for memory has a copy of its own: a cut file takes no image's name, size and labels")
  func cutWhileOpen() throws {
    let large = try OnePixelCache(count: 100_000)
    let cache = ImageCache(try CacheFile(path: large.path), channels: 1, imageSize: 640)
    let item = cache.item(99_999)
    #expect(truncate(large.path, 4096) == 0)
    #expect(cache.item(99_999).imageID == item.imageID && cache.size(of: 99_999) == item.size)
    #expect(cache.labelCount(of: 99_999) == 1)
    #expect {
      _ = try cache.prepare(5, scratch: DecodeScratch())
    } throws: {
      "\($0)".contains("cut off") && "\($0)".contains(large.path)
    }
    try cache.check()
  }

  @Test("if the copy of an index fails too, that is an error")
  func cutCopy() throws {
    let large = try OnePixelCache(count: 100_000)
    let before = NamelessFile.all()
    let cache = ImageCache(try CacheFile(path: large.path), channels: 1, imageSize: 640)
    let copy = try #require(NamelessFile.all().subtracting(before).first)
    #expect(truncate("/proc/self/fd/\(copy.descriptor)", 0) == 0)
    #expect(cache.size(of: 99_999) == nil && cache.item(99_999).imageID.isEmpty)
    #expect {
      _ = try cache.prepare(5, scratch: DecodeScratch())
    } throws: {
      "\($0)".contains("index") && "\($0)".contains(large.path)
    }
  }
}
