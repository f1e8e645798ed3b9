import FeederCore

/// The pixels of a ragged brush stroke, in a window of the board.
struct Blot {
  /// Column and row of the window's first pixel on the board.
  private(set) var origin: Point
  /// Size of the window in pixels.
  private(set) var size: PixelSize
  /// One byte per pixel of the window: 1 inside the stroke.
  private(set) var bytes: [UInt8]

  /// The form of a stroke.
  struct Brush {
    /// Pixels from the first centre to the last.
    var length: Int
    /// Range of the stroke's thickness in pixels; it varies along the stroke.
    var diameter: ClosedRange<Int>
    /// Largest shift to the side in pixels.
    var wobble: Int
  }

  /// A stroke from `start` along `direction`, which may have any length except zero.
  init(from start: Point, along direction: Point, brush: Brush, random: inout CounterRandom) {
    // Positions in 1/256 pixel.
    let norm = max(1, MaskShape.squareRoot(direction.x * direction.x + direction.y * direction.y))
    let step = Point(x: direction.x * 256 / norm, y: direction.y * 256 / norm)
    var diameter = random.integer(in: brush.diameter)
    var drift = 0
    var discs: [(Point, Int)] = []
    for place in 0...brush.length {
      let along = Point(x: start.x * 256 + step.x * place, y: start.y * 256 + step.y * place)
      let center = Point(x: along.x - step.y * drift / 256, y: along.y + step.x * drift / 256)
      discs.append((Point(x: (center.x + 128) >> 8, y: (center.y + 128) >> 8), diameter))
      drift = min(max(drift + random.integer(in: -160...160), -brush.wobble * 256), brush.wobble * 256)
      diameter = min(
        max(diameter + random.integer(in: -1...1), brush.diameter.lowerBound), brush.diameter.upperBound)
    }
    let reach = brush.diameter.upperBound / 2 + 2
    let columns = discs.map(\.0.x)
    let rows = discs.map(\.0.y)
    let (left, top) = ((columns.min() ?? 0) - reach, (rows.min() ?? 0) - reach)
    origin = Point(x: left, y: top)
    size = PixelSize(width: (columns.max() ?? 0) + reach - left + 1, height: (rows.max() ?? 0) + reach - top + 1)
    var window = ConductorMask(size: size)
    for (center, diameter) in discs {
      window.fill(.disc(Point(x: center.x - left, y: center.y - top), diameter: diameter))
    }
    bytes = window.bytes
    frayEdges(&random)
  }

  /// Removes one in five pixels of the rim and adds as many outside.
  private mutating func frayEdges(_ random: inout CounterRandom) {
    let smooth = bytes
    for y in 1..<(size.height - 1) {
      for x in 1..<(size.width - 1) {
        let at = y * size.width + x
        let neighbours = smooth[at - 1] + smooth[at + 1] + smooth[at - size.width] + smooth[at + size.width]
        if smooth[at] == 1, neighbours < 4, random.chance(20) { bytes[at] = 0 }
        if smooth[at] == 0, neighbours > 0, random.chance(20) { bytes[at] = 1 }
      }
    }
  }

  /// The stroke, `margin` pixels wider on all sides.
  func grown(by margin: Int) -> Blot {
    var wider = ConductorMask(size: PixelSize(width: size.width + 2 * margin, height: size.height + 2 * margin))
    for y in 0..<size.height {
      for x in 0..<size.width where bytes[y * size.width + x] == 1 { wider[x + margin, y + margin] = 1 }
    }
    var copy = self
    copy.origin = Point(x: origin.x - margin, y: origin.y - margin)
    copy.size = wider.size
    copy.bytes = wider.grown(by: margin).bytes
    return copy
  }

  /// The pixels of the stroke in board coordinates.
  var points: [Point] {
    var points: [Point] = []
    for y in 0..<size.height {
      for x in 0..<size.width where bytes[y * size.width + x] == 1 {
        points.append(Point(x: origin.x + x, y: origin.y + y))
      }
    }
    return points
  }
}
