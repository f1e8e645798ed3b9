import FeederCore
import FeederMetrics
import Testing

@Suite("Detections on tiles become detections on the board")
struct TileMergeTests {
  private static let side = 160
  private static let board = PixelSize(width: 900, height: 700)

  /// What a perfect detector finds on the tiles of a grid: the part of each object that a tile shows, if it shows at least 4 px per
  /// side. Parts have a lower score than whole objects, as a network gives them.
  private func merge(
    _ objects: [Detection], overlap: Double = 0.2, size: PixelSize = board
  ) -> TileMerge {
    let grid = TileGrid(covering: size, side: Self.side, overlap: overlap)
    let tiles = (0..<grid.count).map { place in
      let tile = grid[place]
      let found = objects.compactMap { object -> Detection? in
        let part = tile.part(of: object.box)
        guard part.width >= 4, part.height >= 4 else { return nil }
        return Detection(
          box: part, classID: object.classID, score: object.score * (0.5 + 0.5 * part.area / object.box.area))
      }
      return (tile: tile, detections: found)
    }
    return TileMerge(tiles, of: size, side: Self.side)
  }

  @Test("An object at every offset to a seam is one detection at its place", arguments: [6.0, 12, 24, 31])
  func everyOffset(length: Double) throws {
    for x in stride(from: 100.0, to: 300, by: 1) {
      for y in [30.0, 127.5, 140, 155, 250] {
        let object = Detection(
          box: Box(x1: x, y1: y, x2: x + length, y2: y + length * 1.2), classID: 3, score: 0.9)
        let merged = merge([object])
        let found = try #require(merged.detections.first, "\(x), \(y)")
        #expect(merged.detections.count == 1 && found.classID == 3, "\(x), \(y): \(merged.detections)")
        #expect(found.box.overlap(with: object.box, epsilon: 0) > 0.9, "\(x), \(y): \(found.box)")
        #expect(merged.joinedCount == 0)
      }
    }
  }

  @Test("An object longer than the overlap, and one longer than several tiles, are joined from their parts")
  func longObjects() throws {
    for (x1, x2) in [(100.0, 150.0), (20, 880), (0, 900), (130, 330), (90, 200)] {
      let object = Detection(box: Box(x1: x1, y1: 40, x2: x2, y2: 60), classID: 0, score: 0.8)
      let down = Detection(box: Box(x1: 300, y1: x1 / 2, x2: 320, y2: x2 / 2), classID: 1, score: 0.8)
      let merged = merge([object, down])
      #expect(merged.detections.count == 2, "\(x1) to \(x2): \(merged.detections)")
      for wanted in [object, down] {
        let found = try #require(merged.detections.first { $0.classID == wanted.classID })
        #expect(found.box == wanted.box)
      }
    }
    #expect(merge([Detection(box: Box(x1: 20, y1: 40, x2: 880, y2: 60), classID: 0, score: 1)]).joinedCount == 1)
  }

  @Test("Without overlap, parts that meet at a seam are one object")
  func noOverlap() {
    let size = PixelSize(width: 640, height: 320)
    let object = Detection(box: Box(x1: 140, y1: 140, x2: 190, y2: 185), classID: 0, score: 1)
    let merged = merge([object], overlap: 0, size: size)
    #expect(merged.detections.map(\.box) == [object.box] && merged.joinedCount == 1)
  }

  @Test("Neighbours stay two, and classes do not mix")
  func neighbours() {
    let objects = [
      Detection(box: Box(x1: 130, y1: 20, x2: 142, y2: 32), classID: 0, score: 0.9),
      Detection(box: Box(x1: 144, y1: 20, x2: 156, y2: 32), classID: 0, score: 0.8),
      Detection(box: Box(x1: 130, y1: 20, x2: 142, y2: 32), classID: 1, score: 0.7),
    ]
    let merged = merge(objects)
    #expect(merged.detections.map(\.classID) == [0, 0, 1])
    #expect(merged.detections.map(\.score) == [0.9, 0.8, 0.7])
  }

  @Test("Twenty thousand objects on a board stay twenty thousand")
  func many() {
    let size = PixelSize(width: 4000, height: 4000)
    var objects: [Detection] = []
    for row in 0..<142 {
      for column in 0..<142 {
        let (x, y) = (Double(column) * 28 + 5, Double(row) * 28 + 5)
        objects.append(Detection(box: Box(x1: x, y1: y, x2: x + 10, y2: y + 10), classID: column % 3, score: 0.5))
      }
    }
    #expect(merge(objects, size: size).detections.count == objects.count)
  }

  @Test("Nothing found on a tile is nothing on the board, and one tile changes nothing")
  func fewTiles() {
    #expect(merge([]).detections.isEmpty)
    let small = PixelSize(width: 100, height: 1)
    let object = Detection(box: Box(x1: 0, y1: 0, x2: 100, y2: 1), classID: 0, score: 0.5)
    let one = TileMerge([(Tile(whole: small), [object])], of: small, side: Self.side)
    #expect(one.detections == [object])
  }
}
