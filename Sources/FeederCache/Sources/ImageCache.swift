import FeederCore
import FeederImaging

/// The images of a cache file: pixels as they are mapped, or encoded bytes decoded at each use. Where the file fails them they come from
/// their sources, if these are known, with the same pixels.
package final class ImageCache: ImageSource {
  /// The file.
  package let file: CacheFile
  /// 1 or 3.
  package let channels: Int
  package let largestWidth: Int
  package let scratchByteCount: Int
  private let imageSize: Int
  private let fallback: SourceFallback?

  /// Reads images of `channels` channels at the scale that fits `imageSize`; for a pixel file both are its own.
  package init(_ file: CacheFile, channels: Int, imageSize: Int, fallback: SourceFallback? = nil) {
    precondition(
      file.recipe.form == .encoded || file.recipe == .pixels(channels: channels, imageSize: imageSize),
      "a pixel cache is read as it was made")
    self.file = file
    self.channels = channels
    self.imageSize = imageSize
    self.fallback = fallback
    var room = DecodeRoom(channels: channels, imageSize: imageSize)
    file.items.forEachSize { room.note($0, isTurned: $1) }
    largestWidth = room.width
    scratchByteCount = file.recipe.form == .encoded ? room.byteCount : 0
  }

  package var count: Int { file.count }

  package var mappedByteCount: Int { file.byteCount }

  package func size(of index: Int) -> PixelSize? { file.items.size(index) }

  package func labelCount(of index: Int) -> Int { file.items.labelCount(index) }

  package func forEachLabel(of index: Int, _ body: (Label) -> Void) { file.items.forEachLabel(index, body) }

  package func storedByteCount(of index: Int) -> Int { file.items.place(index).length }

  package func willNeed(_ index: Int) { file.willNeed(index) }

  package func item(_ index: Int) -> SourceItem {
    let item = file.items[index]
    return SourceItem(imageID: item.imageID, size: item.size, labels: item.labels, damage: item.damage)
  }

  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    guard let size = file.items.storedSize(index) else { throw failure(index) }
    do {
      guard file.recipe.form == .pixels else {
        return try file.withRecord(index, scratch: scratch) { record in
          try scratch.decode(
            record, path: file.items.imageID(index), size: size, channels: channels, imageSize: imageSize)
        }
      }
      let record = try file.record(index, scratch: scratch)
      scratch.lent = record
      return ImageView(record, size: size, channels: channels, layout: .planar)
    } catch let error as CacheError where error.isOfCacheFile {
      return try ownFile(of: index, because: error, scratch)
    }
  }

  package func replacement(of index: Int, scratch: DecodeScratch) throws -> ImageView? {
    guard let record = scratch.lent else { return nil }
    scratch.lent = nil
    do {
      try file.checkWhole(index, record)
      return nil
    } catch let error as CacheError where error.isOfCacheFile {
      return try ownFile(of: index, because: error, scratch)
    }
  }

  /// The pixels of an image that the cache file cannot give. Throws `error` if it is not known where its own file lies.
  private func ownFile(of index: Int, because error: CacheError, _ scratch: DecodeScratch) throws -> ImageView {
    try file.checkIndex()
    guard let fallback else { throw error }
    let (bytes, path) = try fallback.read(
      index, file.items.entry(index).imageChecksum, because: error, scratch: scratch)
    return try scratch.decode(
      bytes, path: path, size: file.items.size(index), channels: channels, imageSize: imageSize)
  }

  package func check() throws { try file.checkIndex() }

  /// Why there is no stored image: the image is damaged, or what the cache file says of it is lost.
  func failure(_ index: Int) -> any Error {
    do {
      try file.checkIndex()
    } catch {
      return error
    }
    return CacheError.damagedImage(
      path: file.items.imageID(index), reason: file.items.damage(index) ?? "it has no pixels")
  }
}
