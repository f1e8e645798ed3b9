import FeederCore
import FeederDatasets
import FeederImaging

/// The source files themselves, read and decoded anew for each use: `--cache none`.
package final class DirectSource: ImageSource {
  private let items: [SourceItem]
  private let paths: [String]
  private let fileByteCounts: [Int]
  private let imageSize: Int
  /// 1 or 3.
  package let channels: Int
  package let largestWidth: Int
  package let scratchByteCount: Int

  /// The images of `survey`, decoded to `channels` at the scale that fits `imageSize`.
  package init(_ survey: SourceSurvey, channels: Int, imageSize: Int) {
    self.channels = channels
    self.imageSize = imageSize
    paths = survey.entries.map(\.imagePath)
    items = zip(survey.entries, survey.images).map { entry, image in
      SourceItem(imageID: entry.imageID, size: image.header?.size, labels: entry.labels, damage: image.damage)
    }
    var room = DecodeRoom(channels: channels, imageSize: imageSize)
    for case let header? in survey.images.map(\.header) {
      room.note(header.size, isTurned: header.orientation != .upright)
    }
    largestWidth = room.width
    fileByteCounts = survey.images.map { Int(clamping: $0.stamp.size) }
    scratchByteCount = room.byteCount + (fileByteCounts.max() ?? 0)
  }

  package var count: Int { items.count }

  package func size(of index: Int) -> PixelSize? { items[index].size }

  package func labelCount(of index: Int) -> Int { items[index].labels.count }

  package func forEachLabel(of index: Int, _ body: (Label) -> Void) {
    for label in items[index].labels { body(label) }
  }

  package func storedByteCount(of index: Int) -> Int { fileByteCounts[index] }

  package func willNeed(_ index: Int) { SourceFile.willNeed(paths[index]) }

  package func item(_ index: Int) -> SourceItem { items[index] }

  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    let item = items[index]
    if let damage = item.damage { throw CacheError.damagedImage(path: paths[index], reason: damage) }
    return try scratch.decode(
      try scratch.read(paths[index]).bytes, path: paths[index], size: item.size, channels: channels,
      imageSize: imageSize)
  }
}
