/// A rectangle of an image, in pixels of the original, inside of it.
package struct Tile: Hashable, Sendable {
  /// Columns left of it.
  package let x: Int
  /// Rows above it.
  package let y: Int
  /// Its width and height.
  package let size: PixelSize

  /// The rectangle of `size` whose upper left pixel is (`x`, `y`).
  package init(x: Int, y: Int, size: PixelSize) {
    self.x = x
    self.y = y
    self.size = size
  }

  /// All of an image.
  package init(whole size: PixelSize) { self.init(x: 0, y: 0, size: size) }

  /// True if it has pixels and all of them lie in an image of `image` pixels.
  package func isInside(_ image: PixelSize) -> Bool {
    x >= 0 && y >= 0 && size.width > 0 && size.height > 0 && x <= image.width - size.width
      && y <= image.height - size.height
  }

  /// Its edges, in pixels of the original.
  package var box: Box {
    Box(x1: Double(x), y1: Double(y), x2: Double(x + size.width), y2: Double(y + size.height))
  }

  /// The part of `box`, in pixels of the image, that the tile shows, in pixels of the tile. It has no area if they do not meet.
  package func part(of box: Box) -> Box { box.moved(x: -Double(x), y: -Double(y)).clipped(to: size) }

  /// A part of the tile, which counts from the tile's corner, as a rectangle of the image.
  package func whole(_ part: Tile) -> Tile { Tile(x: x + part.x, y: y + part.y, size: part.size) }

  /// A box in pixels of the tile, in pixels of the image.
  package func toImage(_ box: Box) -> Box { box.moved(x: Double(x), y: Double(y)) }
}
