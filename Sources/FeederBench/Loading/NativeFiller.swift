import FeederCache
import FeederCore
import FeederImaging
import FeederLoader

/// Fills places with a cache's images at native size, without augmentation, targets and hashes. `feeder bench decode`
/// and `cached` run the loader with it.
///
/// Encoded records become H x W x C, pixel records C x H x W. If images differ in size, every place is as large as the
/// largest image. A damaged image becomes plain grey (114).
package struct NativeFiller: PlaceFiller {
  let cache: ImageCache
  /// Entries of the cache in order of delivery. Each has a `nativeSize`.
  let order: [Int]
  /// Bytes of the largest image at native size.
  package let placeByteCount: Int

  /// Fills the images of `order`. Each must have a `nativeSize`.
  package init(_ cache: ImageCache, order: [Int]) {
    self.cache = cache
    self.order = order
    placeByteCount =
      (order.lazy.compactMap { cache.nativeSize($0) }.map { $0.width * $0.height }.max() ?? 0) * cache.channels
  }

  /// Number of images in `order`.
  package var imageCount: Int { order.count }
  /// Planes per image: 1 or 3.
  package var channels: Int { cache.channels }
  /// Bytes of working memory per worker: one place if images are decoded, else 0.
  package var scratchByteCount: Int { cache.scratchByteCount > 0 ? placeByteCount : 0 }

  /// Name of the image at `entry` of `order`.
  package func name(of entry: Int, in epoch: Int) -> String { cache.item(order[entry]).imageID }

  /// Does nothing.
  package func reserve(_ scratch: WorkerScratch) {}

  /// Does nothing: the records are in memory.
  package func willNeed(_ entry: Int, in item: WorkItem) {}

  /// Writes the image of `item` into `place`. A damaged image becomes plain grey. Throws if its record cannot be read.
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
