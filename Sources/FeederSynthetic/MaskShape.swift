import FeederCore

/// A position on the mask in whole pixels: x to the right, y down.
struct Point: Equatable {
  var x: Int
  var y: Int

  /// The point with x and y exchanged.
  var transposed: Point { Point(x: y, y: x) }
}

/// A figure of the drawing. All arithmetic is in whole numbers, so that every machine draws the same pixels.
enum MaskShape {
  /// A rectangle with corners cut at 45 degrees. `x1` and `y1` are the first column and row after it.
  case block(x0: Int, y0: Int, x1: Int, y1: Int, cut: Int)
  /// A disc with a diameter in pixels.
  case disc(Point, diameter: Int)
  /// A line with round ends; horizontal, vertical or at 45 degrees.
  case trace(Point, Point, width: Int)

  /// The figure, `margin` pixels larger on every side.
  func grown(by margin: Int) -> MaskShape {
    switch self {
    case .block(let x0, let y0, let x1, let y1, let cut):
      .block(x0: x0 - margin, y0: y0 - margin, x1: x1 + margin, y1: y1 + margin, cut: cut + margin / 2)
    case .disc(let center, let diameter): .disc(center, diameter: diameter + 2 * margin)
    case .trace(let from, let to, let width): .trace(from, to, width: width + 2 * margin)
    }
  }

  /// Calls `body` with (row, first column, column after the last) for every run of pixels inside an image of `size`.
  /// Some pixels may come twice. Stops and returns false if `body` returns false.
  @discardableResult
  @inline(__always)
  func forEachRun(in size: PixelSize, _ body: (Int, Int, Int) -> Bool) -> Bool {
    switch self {
    case .block(let x0, let y0, let x1, let y1, let cut):
      for y in Self.rows(from: y0, to: y1, size) {
        let inset = max(0, cut - min(y - y0, y1 - 1 - y))
        if !Self.run(y, x0 + inset, x1 - inset, size, body) { return false }
      }
      return true
    case .disc(let center, let diameter):
      return Self.disc(center, diameter, size, body)
    case .trace(let from, let to, let width):
      return Self.disc(from, width, size, body) && Self.disc(to, width, size, body)
        && Self.band(from, to, width, size, body)
    }
  }

  /// The rows from `first` up to but not including `end` that are inside the image.
  private static func rows(from first: Int, to end: Int, _ size: PixelSize) -> Range<Int> {
    let start = min(max(first, 0), size.height)
    return start..<max(min(end, size.height), start)
  }

  @inline(__always)
  private static func run(
    _ y: Int, _ x0: Int, _ x1: Int, _ size: PixelSize, _ body: (Int, Int, Int) -> Bool
  ) -> Bool {
    let first = max(x0, 0)
    let end = min(x1, size.width)
    return first < end && y >= 0 && y < size.height ? body(y, first, end) : true
  }

  @inline(__always)
  private static func disc(
    _ center: Point, _ diameter: Int, _ size: PixelSize, _ body: (Int, Int, Int) -> Bool
  ) -> Bool {
    let radius = diameter / 2
    for dy in -radius...radius {
      let half = squareRoot(diameter * diameter / 4 - dy * dy)
      if !run(center.y + dy, center.x - half, center.x + half + 1, size, body) { return false }
    }
    return true
  }

  /// The straight part of a trace, without its round ends.
  @inline(__always)
  private static func band(
    _ from: Point, _ to: Point, _ width: Int, _ size: PixelSize, _ body: (Int, Int, Int) -> Bool
  ) -> Bool {
    let (dx, dy) = (to.x - from.x, to.y - from.y)
    precondition(dx == 0 || dy == 0 || abs(dx) == abs(dy), "traces run straight or at 45 degrees")
    let half = width / 2
    let reach = dx == 0 || dy == 0 ? half : width
    for y in rows(from: min(from.y, to.y) - reach, to: max(from.y, to.y) + reach + 1, size) {
      var (first, end): (Int, Int)
      if dy == 0 {
        (first, end) = (min(from.x, to.x), max(from.x, to.x) + 1)
      } else if dx == 0 {
        guard y >= min(from.y, to.y), y <= max(from.y, to.y) else { continue }
        (first, end) = (from.x - half, from.x + half + 1)
      } else {
        // The band along the diagonal, with square ends.
        let (sx, sy) = (dx.signum(), dy.signum())
        let wide = squareRoot(width * width / 2)
        let middle = from.x + sx * sy * (y - from.y)
        let along = from.x - sx * sy * (y - from.y)
        (first, end) = (middle - wide, middle + wide + 1)
        (first, end) = (max(first, min(along, along + 2 * dx)), min(end, max(along, along + 2 * dx) + 1))
      }
      if !run(y, first, end, size, body) { return false }
    }
    return true
  }

  /// The whole part of the square root; 0 for values below 1.
  static func squareRoot(_ value: Int) -> Int {
    guard value > 0 else { return 0 }
    var root = 1 << ((Int.bitWidth - value.leadingZeroBitCount + 1) / 2)
    while true {
      let next = (root + value / root) / 2
      if next >= root { return root }
      root = next
    }
  }
}
