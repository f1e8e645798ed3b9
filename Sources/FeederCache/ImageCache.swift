import FeederCore
import FeederImaging

/// The images of a cache file: pixels as they are mapped, or JPEG bytes decoded at each use.
package final class ImageCache: ImageSource {
  /// The file.
  package let file: CacheFile
  /// 1 or 3.
  package let channels: Int
  package let largestWidth: Int
  package let scratchByteCount: Int
  private let imageSize: Int

  /// Reads images of `channels` channels at the scale that fits `imageSize`; for a pixel file both are its own.
  package init(_ file: CacheFile, channels: Int, imageSize: Int) {
    precondition(
      file.recipe.form == .jpeg || file.recipe == .pixels(channels: channels, imageSize: imageSize),
      "a pixel cache is read as it was made")
    self.file = file
    self.channels = channels
    self.imageSize = imageSize
    let sizes = file.items.compactMap(\.size).map {
      DecodeScale.fitting($0, imageSize: imageSize).size(of: $0)
    }
    largestWidth = sizes.map(\.width).max() ?? 1
    let largest = sizes.map { $0.width * $0.height * channels }.max() ?? 0
    scratchByteCount = file.recipe.form == .jpeg ? largest : 0
  }

  package var count: Int { file.count }

  package func size(of index: Int) -> PixelSize? { file.items[index].size }

  package func labelCount(of index: Int) -> Int { file.items[index].labels.count }

  package func forEachLabel(of index: Int, _ body: (Label) -> Void) {
    for label in file.items[index].labels { body(label) }
  }

  package func storedByteCount(of index: Int) -> Int { file.items[index].length }

  package func item(_ index: Int) -> SourceItem {
    let item = file.items[index]
    return SourceItem(imageID: item.imageID, size: item.size, labels: item.labels, damage: item.damage)
  }

  package func withImage(_ index: Int, scratch: DecodeScratch, _ body: (ImageView) throws -> Void) throws {
    let item = file.items[index]
    guard let size = item.storedSize else {
      throw CacheError.damagedImage(path: item.imageID, reason: item.damage ?? "it has no pixels")
    }
    let record = try file.record(index)
    scratch.noteRead(byteCount: record.count)
    guard file.recipe.form == .pixels else {
      return try scratch.withDecoded(
        record, path: item.imageID, size: size, channels: channels, imageSize: imageSize, body)
    }
    guard let base = record.assumingMemoryBound(to: UInt8.self).baseAddress else {
      preconditionFailure("a checked record has bytes")
    }
    try body(ImageView(base: base, size: size, channels: channels, layout: .planar))
  }
}
