import FeederCore
import FeederImaging

/// Images in their stored size, without a reduction or a fit to an image size.
extension ImageCache {
  /// The size of image `index` as `writeNative` writes it: the original's for encoded bytes, the stored one for pixels.
  /// Nil if the image is known to be damaged.
  package func nativeSize(_ index: Int) -> PixelSize? { file.items.storedSize(index) }

  /// The EXIF rotation that decoding applies to image `index`.
  package func orientation(_ index: Int) -> Orientation { file.items[index].orientation }

  /// Records from this many bytes on are streamed into a slot: a third faster than memcpy at 400 KiB, no faster at 64
  /// KiB (docs/measurements/loader.md).
  private static var smallestStream: Int { 128 << 10 }

  /// Writes the pixels of image `index` to the start of `target`. Encoded bytes are decoded in full, as H x W x C;
  /// stored pixels are copied, as C x H x W.
  ///
  /// `target` must hold width x height x channels bytes of `nativeSize`. Throws `CacheError.damagedImage` if the image
  /// is at fault, other errors if the cache file is.
  package func writeNative(
    _ index: Int, scratch: DecodeScratch, into target: UnsafeMutableRawBufferPointer
  ) throws {
    guard let size = file.items.storedSize(index) else { throw failure(index) }
    precondition(target.count >= size.width * size.height * channels, "the target holds the image")
    guard file.recipe.form != .tiles else {
      return try file.copy(Tile(whole: size), of: index, size: size, scratch: scratch, into: target)
    }
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

/// The records of a cache in an order of delivery. All are read and verified once, so they are in memory.
///
/// Unchecked because of the raw memory. Invariant: the bytes are mapped and never written, and this object keeps the
/// cache that owns them.
package final class VerifiedRecords: @unchecked Sendable {
  private let cache: ImageCache
  private let records: [UnsafeRawBufferPointer]

  /// Reads the records of the images in `order`, which all have a `nativeSize`. Throws `CacheError` if one cannot be
  /// read.
  package init(_ cache: ImageCache, order: [Int]) throws {
    self.cache = cache
    records = try order.map { try cache.file.record($0) }
  }

  /// Number of records.
  package var count: Int { records.count }

  /// The record at index `place` of the order: encoded bytes, or C x H x W pixels. Valid as long as this object exists.
  package subscript(place: Int) -> UnsafeRawBufferPointer { records[place] }
}
