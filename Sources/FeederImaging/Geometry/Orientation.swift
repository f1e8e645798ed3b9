import FeederCore

/// How stored pixels must be turned so that the picture is seen as its camera was held: EXIF's tag 0x0112, with its numbers.
package enum Orientation: Int, Sendable, CaseIterable {
  /// Seen as it is stored.
  case upright = 1
  /// From left to right.
  case mirrored = 2
  /// By half a turn.
  case upsideDown = 3
  /// From top to bottom.
  case flipped = 4
  /// Rows become columns.
  case transposed = 5
  /// By a quarter turn, clockwise.
  case turnedRight = 6
  /// Rows become columns, and half a turn.
  case transversed = 7
  /// By a quarter turn, anticlockwise.
  case turnedLeft = 8

  /// The size of a stored picture as it is seen.
  package func turned(_ stored: PixelSize) -> PixelSize {
    swapsSides ? PixelSize(width: stored.height, height: stored.width) : stored
  }

  /// True where width becomes height.
  package var swapsSides: Bool { rawValue >= Orientation.transposed.rawValue }

  /// The stored pixel that is seen first, and the steps from a seen pixel's to the one of its right neighbour and of the one below,
  /// all in pixels of a stored picture of `width` x `height`.
  private func steps(width: Int, height: Int) -> (first: Int, right: Int, down: Int) {
    let (topRight, bottomLeft, last) = (width - 1, (height - 1) * width, width * height - 1)
    return switch self {
    case .upright: (0, 1, width)
    case .mirrored: (topRight, -1, width)
    case .upsideDown: (last, -1, -width)
    case .flipped: (bottomLeft, 1, -width)
    case .transposed: (0, width, 1)
    case .turnedRight: (bottomLeft, -width, 1)
    case .transversed: (last, -width, -1)
    case .turnedLeft: (topRight, width, -1)
    }
  }

  /// Columns that are turned at once, so that a column's stored rows stay in the nearest cache.
  private static let columnCount = 16

  /// Writes the `stored` pixels, interleaved and tightly packed, to `target` as they are seen. Both hold width x height x `channels`
  /// bytes of `size`, the stored one, and do not overlap.
  package func turn(
    _ stored: UnsafeRawBufferPointer, size: PixelSize, channels: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    let byteCount = size.width * size.height * channels
    precondition(stored.count >= byteCount && target.count >= byteCount, "both hold the picture")
    let seen = turned(size)
    let (first, right, down) = steps(width: size.width, height: size.height)
    for start in stride(from: 0, to: seen.width, by: Self.columnCount) {
      let end = min(start + Self.columnCount, seen.width)
      for row in 0..<seen.height {
        var from = (first + row * down + start * right) * channels
        for to in stride(
          from: (row * seen.width + start) * channels, to: (row * seen.width + end) * channels, by: channels)
        {
          for channel in 0..<channels { target[to + channel] = stored[from + channel] }
          from += right * channels
        }
      }
    }
  }
}
