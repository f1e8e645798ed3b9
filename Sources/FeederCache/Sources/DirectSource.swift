import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging

/// Reads and decodes the source files anew for each use: `--cache none`.
package final class DirectSource: ImageSource {
  private let items: [SourceItem]
  private let paths: [String]
  private let fileByteCounts: [Int]
  private let imageSize: Int
  private let window: LevelWindow
  private let limits: ImageLimits
  /// Channels of every image: 1 or 3.
  package let channels: Int
  /// Bits of the samples in the files.
  package let depth: SampleDepth
  /// Width of the widest decoded image, in pixels.
  package let largestWidth: Int
  /// The most bytes of a worker's scratch: the largest decoded image and the largest file.
  package let scratchByteCount: Int

  /// The images of `survey`, decoded to `channels` at the scale that fits `imageSize`, or in full for tiles of at most
  /// `tileSide` pixels per side; `window` maps their levels.
  package init(
    _ survey: SourceSurvey, channels: Int, imageSize: Int, tileSide: Int? = nil, window: LevelWindow = .full
  ) {
    self.channels = channels
    self.imageSize = tileSide == nil ? imageSize : .max
    self.window = window
    limits = survey.limits
    depth = survey.depth
    paths = survey.entries.map(\.imagePath)
    items = zip(survey.entries, survey.images).map { entry, image in
      SourceItem(imageID: entry.imageID, size: image.header?.size, labels: entry.labels, damage: image.damage)
    }
    var room = DecodeRoom(channels: channels, imageSize: imageSize, tileSide: tileSide)
    for case let header? in survey.images.map(\.header) {
      room.note(header.size, isTurned: header.orientation != .upright)
    }
    largestWidth = room.width
    fileByteCounts = survey.images.map { Int(clamping: $0.stamp.size) }
    scratchByteCount = room.byteCount + (fileByteCounts.max() ?? 0)
  }

  /// Number of images.
  package var count: Int { items.count }

  /// The original size of image `index`, in pixels; nil if its header is damaged.
  package func size(of index: Int) -> PixelSize? { items[index].size }

  /// Number of labels of image `index`.
  package func labelCount(of index: Int) -> Int { items[index].labels.count }

  /// Calls `body` with each label of image `index`, in the order of its label file.
  package func forEachLabel(of index: Int, _ body: (Label) -> Void) {
    for label in items[index].labels { body(label) }
  }

  /// Bytes of the file of image `index`.
  package func storedByteCount(of index: Int) -> Int { fileByteCounts[index] }

  /// Starts to read the file of image `index`, without waiting.
  package func willNeed(_ index: Int) { SourceFile.willNeed(paths[index]) }

  /// The facts about image `index`.
  package func item(_ index: Int) -> SourceItem { items[index] }

  /// Reads and decodes image `index`. Throws `CacheError.damagedImage` if its file is damaged, and `.changedSource` if
  /// its size changed.
  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    try decode(index, imageSize: imageSize, scratch)
  }

  /// Reads and decodes all of image `index`, unless that was done last, and copies the tile. Throws as `prepare`.
  package func prepare(_ index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView {
    try scratch.tile(tile, of: index, of: self) { try decode(index, imageSize: .max, scratch) }
  }

  private func decode(_ index: Int, imageSize: Int, _ scratch: DecodeScratch) throws -> ImageView {
    let item = items[index]
    if let damage = item.damage { throw CacheError.damagedImage(path: paths[index], reason: damage) }
    return try scratch.decode(
      try scratch.read(paths[index], limits: limits).bytes, path: paths[index], size: item.size, channels: channels,
      imageSize: imageSize, window: window, limits: limits)
  }
}
