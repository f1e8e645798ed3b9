import FeederCache
import FeederCore
import FeederImaging
import FeederLoader

/// Images of a cache at their native size, without a training stream's augmentation, targets and hashes: what `feeder bench decode` and
/// `cached` run the loader with.
///
/// Encoded records become H x W x C, pixel records C x H x W. Images may differ in size: every place is as large as the largest image.
/// A damaged image is plain 114.
package struct NativeFiller: PlaceFiller {
  let cache: ImageCache
  /// Entries of the cache in order of delivery, each with a `nativeSize`.
  let order: [Int]
  package let placeByteCount: Int

  /// The images of `order`, each of which has a `nativeSize`.
  package init(_ cache: ImageCache, order: [Int]) {
    self.cache = cache
    self.order = order
    placeByteCount =
      (order.lazy.compactMap { cache.nativeSize($0) }.map { $0.width * $0.height }.max() ?? 0) * cache.channels
  }

  package var imageCount: Int { order.count }
  package var channels: Int { cache.channels }
  package var scratchByteCount: Int { cache.scratchByteCount > 0 ? placeByteCount : 0 }

  package func name(of entry: Int) -> String { cache.item(order[entry]).imageID }

  package func reserve(_ scratch: WorkerScratch) {}

  package func willNeed(_ entry: Int, in item: WorkItem) {}

  package func fill(
    _ item: WorkItem, place: UnsafeMutableRawBufferPointer, scratch: WorkerScratch
  ) throws -> BatchImage {
    let entry = order[item.entry]
    guard let size = cache.nativeSize(entry) else { preconditionFailure("the order holds images of known size only") }
    var isDamaged = false
    do {
      try cache.writeNative(entry, scratch: scratch.decode, into: place)
    } catch CacheError.damagedImage {
      place.initializeMemory(as: UInt8.self, repeating: padValue)
      isDamaged = true
    }
    return BatchImage(
      entryIndex: entry, size: size, letterbox: Letterbox(source: size, target: size), isDamaged: isDamaged, hash: 0)
  }
}
