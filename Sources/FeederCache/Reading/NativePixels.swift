import FeederCore
import FeederImaging

/// Images as they are kept, without a reduction or a fit to any image size.
extension ImageCache {
  /// The size that `writeNative` gives image `index`: the original's for encoded bytes, the stored one for pixels. Nil where the
  /// image is known to be damaged.
  package func nativeSize(_ index: Int) -> PixelSize? { file.items.storedSize(index) }

  /// How the pixels of image `index` are turned while its encoded bytes are decoded.
  package func orientation(_ index: Int) -> Orientation { file.items[index].orientation }

  /// Records of this many bytes and more are streamed into a slot: a third faster than memcpy at 400 KiB, no faster at 64 KiB
  /// (docs/measurements/loader.md).
  private static var smallestStream: Int { 128 << 10 }

  /// Writes the pixels of image `index` to the start of `target`: encoded bytes are decoded in full, H x W x C; stored pixels are
  /// copied, C x H x W.
  ///
  /// `target` holds width x height x channels bytes of `nativeSize`. Throws `CacheError.damagedImage` where the image is at
  /// fault, other errors where the cache file is.
  package func writeNative(
    _ index: Int, scratch: DecodeScratch, into target: UnsafeMutableRawBufferPointer
  ) throws {
    guard let size = file.items.storedSize(index) else { throw failure(index) }
    precondition(target.count >= size.width * size.height * channels, "the target holds the image")
    let record = try file.record(index)
    try file.checked(index, record) { try write(record, index, size, scratch, into: target) }
  }

  private func write(
    _ record: UnsafeRawBufferPointer, _ index: Int, _ size: PixelSize, _ scratch: DecodeScratch,
    into target: UnsafeMutableRawBufferPointer
  ) throws {
    guard file.recipe.form == .encoded else {
      return record.count < Self.smallestStream ? target.copyMemory(from: record) : streamCopy(record, into: target)
    }
    try scratch.decodeNative(record, path: file.items.imageID(index), size: size, channels: channels, into: target)
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

  /// The record at a place of the order: encoded bytes, or C x H x W pixels. Valid as long as this lives.
  package subscript(place: Int) -> UnsafeRawBufferPointer { records[place] }
}
