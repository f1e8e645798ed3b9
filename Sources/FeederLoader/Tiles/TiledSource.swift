import FeederCache
import FeederCore
import FeederImaging

/// Tiles of boards as images by number. Their pixels have the boards' full resolution.
///
/// A label belongs to every tile that shows more than a tenth of its box, cut at the tile's edges: the limit of augmentation.
package final class TiledSource: ImageSource {
  /// A tile and its board.
  struct Place {
    let board: UInt32
    let x: Int32
    let y: Int32
    /// 0 if the board's size is unknown, because its file is damaged.
    let width: Int32
    let height: Int32
  }

  private let boards: any ImageSource
  private let side: Int
  private let places: [Place]
  /// The first label of each tile, and the end of all.
  private let firstLabels: [Int]
  private let labels: [Label]

  /// The least share of a box's area that a tile must show.
  private static let leastShare = 0.1

  /// Bytes of `tileCount` tiles with `labelCount` labels.
  static func byteCount(tileCount: Int, labelCount: Int) -> Int {
    tileCount * (MemoryLayout<Place>.stride + MemoryLayout<Int>.stride) + labelCount * MemoryLayout<Label>.stride
  }

  private init(_ boards: any ImageSource, side: Int, _ list: TileList) {
    (self.boards, self.side) = (boards, side)
    (places, firstLabels, labels) = (list.places, list.firstLabels, list.labels)
  }

  /// All tiles of all boards, which overlap, in the order of the boards: for validation and prediction.
  package convenience init(covering boards: any ImageSource, _ tiling: Tiling) {
    var list = TileList()
    for board in 0..<boards.count {
      list.add(board, of: boards, least: Self.leastShare) {
        TileGrid(covering: $0, side: tiling.side, overlap: tiling.overlap)
      }
    }
    self.init(boards, side: tiling.side, list)
  }

  /// The tiles of a training epoch: a function of (boards, tiling, seed, epoch). Each board's grid has a shift of its own, so every
  /// position of a tile is alike likely. All tiles with boxes are among them, and `Tiling.emptyCount` of the others.
  convenience init(training boards: any ImageSource, _ tiling: Tiling, seed: UInt64, epoch: Int) {
    let all = TileList(training: boards, tiling, seed: seed, epoch: epoch, least: Self.leastShare)
    let empty = all.empty
    let wanted = tiling.emptyCount(withBoxes: all.places.count - empty.count, without: empty.count)
    let order = EpochOrder.permutation(count: empty.count, seed: seed, epoch: epoch, purpose: .emptyTiles)
    self.init(boards, side: tiling.side, all.without(Set(order[wanted...].map { empty[Int($0)] })))
  }

  /// Number of tiles.
  package var count: Int { places.count }
  /// Channels of every board: 1 or 3.
  package var channels: Int { boards.channels }
  /// Bits of the samples in the boards' files.
  package var depth: SampleDepth { boards.depth }
  /// Width of the widest tile, in pixels.
  package var largestWidth: Int { side }
  /// The most bytes of one worker's `DecodeScratch`.
  package var scratchByteCount: Int { boards.scratchByteCount }
  /// Bytes of files that are mapped into the process.
  package var mappedByteCount: Int { boards.mappedByteCount }

  /// The board of tile `index`, and the tile in it; nil if the board's size is unknown.
  package func place(of index: Int) -> (board: Int, tile: Tile?) {
    let place = places[index]
    guard place.width > 0 else { return (Int(place.board), nil) }
    let size = PixelSize(width: Int(place.width), height: Int(place.height))
    return (Int(place.board), Tile(x: Int(place.x), y: Int(place.y), size: size))
  }

  /// The size of tile `index` in pixels; nil if its board's size is unknown.
  package func size(of index: Int) -> PixelSize? { place(of: index).tile?.size }

  /// Number of labels of tile `index`.
  package func labelCount(of index: Int) -> Int { firstLabels[index + 1] - firstLabels[index] }

  /// Calls `body` with each label of tile `index`, as shares of the tile.
  package func forEachLabel(of index: Int, _ body: (Label) -> Void) {
    for label in labels[firstLabels[index]..<firstLabels[index + 1]] { body(label) }
  }

  /// Bytes that one use of tile `index` reads.
  package func storedByteCount(of index: Int) -> Int {
    let (board, tile) = place(of: index)
    return tile.map { boards.storedByteCount(of: board, tile: $0) } ?? 0
  }

  /// The facts about tile `index`, under its board's name.
  package func item(_ index: Int) -> SourceItem {
    let (board, tile) = place(of: index)
    let item = boards.item(board)
    return SourceItem(
      imageID: item.imageID, size: tile?.size, labels: Array(labels[firstLabels[index]..<firstLabels[index + 1]]),
      damage: item.damage)
  }

  /// Prepares the pixels of tile `index`. Throws as the boards' source does.
  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    let (board, tile) = place(of: index)
    guard let tile else { return try boards.prepare(board, scratch: scratch) }
    return try boards.prepare(board, tile: tile, scratch: scratch)
  }

  /// Nil if the pixels prepared last were intact during their use; else the same tile from another place. Throws as `prepare`.
  package func replacement(of index: Int, scratch: DecodeScratch) throws -> ImageView? {
    let (board, tile) = place(of: index)
    guard let tile else { return nil }
    return try boards.replacement(of: board, tile: tile, scratch: scratch)
  }

  /// Prepares the pixels of `part`, a rectangle of tile `index`. Throws as the boards' source does.
  package func prepare(_ index: Int, tile part: Tile, scratch: DecodeScratch) throws -> ImageView {
    let (board, tile) = place(of: index)
    guard let tile else { return try boards.prepare(board, scratch: scratch) }
    return try boards.prepare(board, tile: tile.whole(part), scratch: scratch)
  }

  /// Nil if the pixels of `part` prepared last were intact during their use; else the same from another place. Throws as `prepare`.
  package func replacement(of index: Int, tile part: Tile, scratch: DecodeScratch) throws -> ImageView? {
    let (board, tile) = place(of: index)
    guard let tile else { return nil }
    return try boards.replacement(of: board, tile: tile.whole(part), scratch: scratch)
  }

  /// Throws if an answer of the boards since opening may have been wrong.
  package func check() throws { try boards.check() }

  /// Starts to read tile `index`, without waiting.
  package func willNeed(_ index: Int) {
    let (board, tile) = place(of: index)
    if let tile { boards.willNeed(board, tile: tile) }
  }
}
