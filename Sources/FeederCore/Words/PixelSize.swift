/// A width and a height in pixels.
package struct PixelSize: Hashable, Sendable, CustomStringConvertible {
  /// Pixels from left to right.
  package var width: Int
  /// Pixels from top to bottom.
  package var height: Int

  /// A size of `width` by `height` pixels.
  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// A square of `side` pixels.
  package init(side: Int) { self.init(width: side, height: side) }

  /// The size as text: `640 x 480`.
  package var description: String { "\(width) x \(height)" }
}
