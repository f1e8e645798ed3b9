/// The tiles of one image: columns times rows, row after row.
package struct TileGrid: Sendable, Equatable {
  /// The columns of pixels of each column of tiles, from left to right.
  package let columns: [Range<Int>]
  /// The rows of pixels of each row of tiles, from top to bottom.
  package let rows: [Range<Int>]

  /// Tiles of `side` that cover an image of `size` and overlap by at least `overlap`, a share of `side`. A tile never leaves the image:
  /// the last ones move inward, evenly. An image that is shorter than `side` has one tile along that axis, as long as the image.
  package init(covering size: PixelSize, side: Int, overlap: Double) {
    func ranges(_ length: Int) -> [Range<Int>] {
      guard length > side else { return [0..<length] }
      let step = max(side - Int((Double(side) * overlap).rounded(.up)), 1)
      let gaps = (length - side + step - 1) / step
      return (0...gaps).map { place in
        let start = place * (length - side) / gaps
        return start..<start + side
      }
    }
    self.init(columns: ranges(size.width), rows: ranges(size.height))
  }

  /// Tiles that hold every pixel of an image of `size` once: a grid of squares of `side`, moved by `shiftX` to the left and `shiftY`
  /// up, both 0 to below `side`. The image's edges cut the outer ones.
  package init(covering size: PixelSize, side: Int, shiftX: Int, shiftY: Int) {
    func ranges(_ length: Int, _ shift: Int) -> [Range<Int>] {
      stride(from: -shift, to: length, by: side).map { max($0, 0)..<min($0 + side, length) }.filter { !$0.isEmpty }
    }
    self.init(columns: ranges(size.width, shiftX), rows: ranges(size.height, shiftY))
  }

  private init(columns: [Range<Int>], rows: [Range<Int>]) {
    (self.columns, self.rows) = (columns, rows)
  }

  /// Number of tiles.
  package var count: Int { columns.count * rows.count }

  /// The tile at `place`, counted row after row.
  package subscript(place: Int) -> Tile {
    let (column, row) = (columns[place % columns.count], rows[place / columns.count])
    return Tile(x: column.lowerBound, y: row.lowerBound, size: PixelSize(width: column.count, height: row.count))
  }

  /// Calls `body` with the place of each tile that `box` reaches into, and the tile.
  package func forEachTile(under box: Box, _ body: (Int, Tile) -> Void) {
    for (row, lines) in rows.enumerated() where Double(lines.lowerBound) < box.y2 && Double(lines.upperBound) > box.y1 {
      for (column, span) in columns.enumerated()
      where Double(span.lowerBound) < box.x2 && Double(span.upperBound) > box.x1 {
        let place = row * columns.count + column
        body(place, self[place])
      }
    }
  }
}
