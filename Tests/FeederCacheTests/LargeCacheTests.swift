import BoardSupport
import FeederCore
import FeederDatasets
import FeederImaging
import Foundation
import Testing

@testable import FeederCache

/// A cache file of any number of images of one grey pixel with one label each, removed at the end.
final class OnePixelCache {
  let path: String

  init(count: Int) throws {
    path = FileManager.default.temporaryDirectory.appending(path: "feeder-large-\(UUID().uuidString)").path
    try SyntheticCache(count: count).write(to: path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite("A cache of a million images opens without building anything an image")
struct LargeCacheTests {
  @Test("it opens, and every part of it reads")
  func opens() throws {
    let large = try OnePixelCache(count: 1_000_000)
    let cache = ImageCache(try CacheFile(path: large.path), channels: 1, imageSize: 640)
    #expect(cache.count == 1_000_000 && cache.largestWidth == 1)
    #expect(cache.item(999_999).imageID == "image0999999")
  }

  @Test("the loader's questions are answered with what the item says")
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
      try cache.withImage(index, scratch: scratch) { pixels += Int($0.base.pointee) }
    }
    try use(0)
    for index in 0..<3000 { try use(index) }
    let expectedPixels = (0..<3000).map { $0 % 256 }.reduce(0, +)
    #expect(sum == 3001 * 3.5)
    #expect(pixels == expectedPixels)
    let item = cache.item(2999)
    #expect(item.imageID == "image0002999" && item.size == PixelSize(side: 1) && item.labels.count == 1)
  }
}
