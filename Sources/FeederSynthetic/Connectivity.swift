import FeederCore

/// A copy of a rectangle of the board, to find its connected pieces.
struct BoardWindow {
  private let origin: Point
  private var mask: ConductorMask

  /// The pixels of `board` from (`x0`, `y0`) up to but not including (`x1`, `y1`), clipped to the board.
  init(_ board: ConductorMask, x0: Int, y0: Int, x1: Int, y1: Int) {
    let (left, top) = (max(x0, 0), max(y0, 0))
    origin = Point(x: left, y: top)
    mask = ConductorMask(
      size: PixelSize(width: max(min(x1, board.size.width) - left, 1), height: max(min(y1, board.size.height) - top, 1))
    )
    for y in 0..<mask.size.height {
      for x in 0..<mask.size.width { mask[x, y] = board[left + x, top + y] }
    }
  }

  /// The window with `points` set to `value`. Points outside of it are ignored.
  func painted(_ points: [Point], _ value: UInt8) -> BoardWindow {
    var copy = self
    for point in points {
      let (x, y) = (point.x - origin.x, point.y - origin.y)
      if x >= 0, y >= 0, x < mask.size.width, y < mask.size.height { copy.mask[x, y] = value }
    }
    return copy
  }

  /// Number of pixels with `value`.
  func pixelCount(of value: UInt8) -> Int { mask.bytes.count { $0 == value } }

  /// Number of connected pieces of `value`. Pixels connect over their sides; pieces below `least` pixels do not count.
  func pieceCount(of value: UInt8, least: Int) -> Int {
    var seen = mask
    var count = 0
    for y in 0..<mask.size.height {
      for x in 0..<mask.size.width where seen[x, y] == value {
        if seen.flood(from: Point(x: x, y: y), value: value, to: value ^ 1) >= least { count += 1 }
      }
    }
    return count
  }
}

extension ConductorMask {
  /// Sets the connected piece of `value` at `start` to `other`. Returns its number of pixels.
  @discardableResult
  mutating func flood(from start: Point, value: UInt8, to other: UInt8) -> Int {
    let (width, height) = (size.width, size.height)
    var open = [start.y * width + start.x]
    bytes[open[0]] = other
    var count = 0
    func reach(_ at: Int) {
      guard bytes[at] == value else { return }
      bytes[at] = other
      open.append(at)
    }
    while let at = open.popLast() {
      count += 1
      let (x, y) = (at % width, at / width)
      if x > 0 { reach(at - 1) }
      if x + 1 < width { reach(at + 1) }
      if y > 0 { reach(at - width) }
      if y + 1 < height { reach(at + width) }
    }
    return count
  }

  /// True if two pixels of copper belong to one conductor.
  func areJoined(_ left: Point, _ right: Point) -> Bool {
    var copy = self
    copy.flood(from: left, value: 1, to: 0)
    return copy[right.x, right.y] == 0
  }
}
