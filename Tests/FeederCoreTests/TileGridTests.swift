import FeederCore
import Testing

@Suite("An image is cut in tiles")
struct TileGridTests {
  private static let sizes = [
    PixelSize(width: 640, height: 480), PixelSize(width: 1, height: 700), PixelSize(width: 64, height: 64),
    PixelSize(width: 65, height: 129), PixelSize(width: 1000, height: 63),
  ]

  /// How often tiles show each pixel of an image.
  private func counts(_ grid: TileGrid, _ size: PixelSize) -> [Int] {
    var counts = [Int](repeating: 0, count: size.width * size.height)
    for place in 0..<grid.count {
      let tile = grid[place]
      for row in tile.y..<tile.y + tile.size.height {
        for column in tile.x..<tile.x + tile.size.width { counts[row * size.width + column] += 1 }
      }
    }
    return counts
  }

  @Test("In training every pixel is in one tile, whatever the shift", arguments: sizes)
  func everyPixelOnce(size: PixelSize) {
    for (shiftX, shiftY) in [(0, 0), (1, 63), (63, 1), (17, 40)] {
      let grid = TileGrid(covering: size, side: 64, shiftX: shiftX, shiftY: shiftY)
      #expect(counts(grid, size).allSatisfy { $0 == 1 }, "\(size), \(shiftX), \(shiftY)")
    }
  }

  @Test("In validation tiles cover the image, stay inside, are whole, and overlap enough", arguments: sizes)
  func overlaps(size: PixelSize) {
    for overlap in [0, 0.2, 0.5, 0.9] {
      let grid = TileGrid(covering: size, side: 64, overlap: overlap)
      #expect(counts(grid, size).allSatisfy { $0 >= 1 })
      for (ranges, length) in [(grid.columns, size.width), (grid.rows, size.height)] {
        #expect(ranges.allSatisfy { $0.count == min(64, length) && $0.lowerBound >= 0 && $0.upperBound <= length })
        let least = Int((64 * overlap).rounded(.up))
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound - $1.lowerBound >= min(least, 63) })
        let fewest = length <= 64 ? 1 : 1 + (length - 64 + (64 - min(least, 63)) - 1) / (64 - min(least, 63))
        #expect(ranges.count == fewest, "no more tiles than needed")
      }
    }
  }

  @Test("The tiles under a box are those that share area with it")
  func tilesUnderBox() {
    let grid = TileGrid(covering: PixelSize(width: 300, height: 200), side: 64, overlap: 0.25)
    for box in [
      Box(x1: 0, y1: 0, x2: 1, y2: 1), Box(x1: 60, y1: 60, x2: 70, y2: 130), Box(x1: -5, y1: -5, x2: 400, y2: 400),
      Box(x1: 299, y1: 150, x2: 300, y2: 151),
    ] {
      var found: [Int] = []
      grid.forEachTile(under: box) { place, tile in
        #expect(tile == grid[place])
        found.append(place)
      }
      #expect(found == (0..<grid.count).filter { grid[$0].part(of: box).area > 0 })
    }
  }
}
