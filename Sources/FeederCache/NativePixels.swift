import FeederCore
import FeederImaging

/// Images as they are kept, without a reduction or a fit to any image size.
extension ImageCache {
  /// The size that `writeNative` gives image `index`: the original's for JPEG bytes, the stored one for pixels. Nil where the
  /// image is known to be damaged.
  package func nativeSize(_ index: Int) -> PixelSize? { file.items[index].storedSize }

  /// Writes the pixels of image `index` to the start of `target`: JPEG bytes are decoded in full, H x W x C; stored pixels are
  /// copied, C x H x W. Nothing lies between the record and the target.
  ///
  /// `target` holds width x height x channels bytes of `nativeSize`. Throws `CacheError.damagedImage` where the image is at
  /// fault, other errors where the cache file is.
  package func writeNative(
    _ index: Int, decoder: JPEGDecoder, into target: UnsafeMutableRawBufferPointer
  ) throws {
    let item = file.items[index]
    guard let size = item.storedSize else {
      throw CacheError.damagedImage(path: item.imageID, reason: item.damage ?? "it has no pixels")
    }
    precondition(target.count >= size.width * size.height * channels, "the target holds the image")
    let record = try file.record(index)
    guard file.recipe.form == .jpeg else { return target.copyMemory(from: record) }
    do {
      guard try decoder.info(of: record).size == size else { throw CacheError.changedSource(path: item.imageID) }
      try decoder.decode(record, channels: channels, into: target)
    } catch let error as ImagingError {
      throw CacheError.damagedImage(path: item.imageID, reason: error.description)
    }
  }
}

/// The records of a cache in an order of delivery, all read and verified once, so that they are in memory.
///
/// Unchecked because of the raw memory. Invariant: the bytes are mapped, never written, and the cache that owns them lives as
/// long as this.
package final class VerifiedRecords: @unchecked Sendable {
  private let cache: ImageCache
  private let records: [UnsafeRawBufferPointer]

  /// Reads the records of `order`, entries with a `nativeSize`. Throws `CacheError`.
  package init(_ cache: ImageCache, order: [Int]) throws {
    self.cache = cache
    records = try order.map { try cache.file.record($0) }
  }

  /// How many there are.
  package var count: Int { records.count }

  /// The record at a place of the order: JPEG bytes, or C x H x W pixels. Valid as long as this lives.
  package subscript(place: Int) -> UnsafeRawBufferPointer { records[place] }
}
