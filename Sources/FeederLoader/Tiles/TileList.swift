import FeederCache
import FeederCore

/// Tiles of boards with their labels, in one order.
struct TileList {
  private(set) var places: [TiledSource.Place] = []
  private(set) var firstLabels = [0]
  private(set) var labels: [Label] = []

  /// No tiles yet.
  init() {}

  /// All tiles of the grids of a training epoch.
  init(training boards: any ImageSource, _ tiling: Tiling, seed: UInt64, epoch: Int, least: Double) {
    for board in 0..<boards.count {
      var random = CounterRandom(seed: seed, epoch: epoch, index: board, purpose: .tiles)
      let (shiftX, shiftY) = (random.integer(below: tiling.side), random.integer(below: tiling.side))
      add(board, of: boards, least: least) {
        TileGrid(covering: $0, side: tiling.side, shiftX: shiftX, shiftY: shiftY)
      }
    }
  }

  /// Adds the tiles of `board` in the grid for its size, each with the labels of which it shows more than `least` of the area. A
  /// board of unknown size becomes one tile without size and labels, so that the loader meets its damage.
  mutating func add(_ board: Int, of boards: any ImageSource, least: Double, grid: (PixelSize) -> TileGrid) {
    guard let size = boards.size(of: board) else {
      return append(TiledSource.Place(board: UInt32(board), x: 0, y: 0, width: 0, height: 0), [])
    }
    let grid = grid(size)
    var found: [(place: Int, label: Label)] = []
    boards.forEachLabel(of: board) { label in
      let box = label.box(in: size)
      grid.forEachTile(under: box) { place, tile in
        let shown = tile.part(of: box)
        guard shown.area > least * box.area else { return }
        found.append((place, Label(classID: label.classID, box: shown, size: tile.size)))
      }
    }
    // Swift's sort is stable, so the labels of a tile stay in the order of their file.
    found.sort { $0.place < $1.place }
    var rest = found[...]
    for place in 0..<grid.count {
      let tile = grid[place]
      let own = rest.prefix { $0.place == place }
      rest = rest.dropFirst(own.count)
      append(
        TiledSource.Place(
          board: UInt32(board), x: Int32(tile.x), y: Int32(tile.y), width: Int32(tile.size.width),
          height: Int32(tile.size.height)), own.map(\.label))
    }
  }

  /// The tiles without labels.
  var empty: [Int] { places.indices.filter { firstLabels[$0] == firstLabels[$0 + 1] } }

  /// The list without the tiles `dropped`.
  func without(_ dropped: Set<Int>) -> TileList {
    guard !dropped.isEmpty else { return self }
    var list = TileList()
    for place in places.indices where !dropped.contains(place) {
      list.append(places[place], labels[firstLabels[place]..<firstLabels[place + 1]])
    }
    return list
  }

  private mutating func append(_ place: TiledSource.Place, _ own: some Collection<Label>) {
    places.append(place)
    labels += own
    firstLabels.append(labels.count)
  }
}
