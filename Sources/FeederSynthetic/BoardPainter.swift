import FeederCore

/// Draws the conductors of a board without defects: bundles of traces, rows of pads, single traces between them, vias
/// and poured copper. Each figure keeps clear of the earlier ones.
struct BoardPainter {
  var mask: ConductorMask
  var random: CounterRandom
  let style: BoardStyle
  /// Holes of pads and vias. They are drilled last.
  var holes: [MaskShape] = []
  /// Pads at which single traces may start.
  var anchors: [(center: Point, radius: Int)] = []

  /// The conductors of board `index` for `seed`.
  static func conductors(seed: UInt64, index: Int, size: PixelSize) -> ConductorMask {
    var random = CounterRandom(seed: seed, index: index, purpose: .board)
    let style = BoardStyle.all[random.integer(below: BoardStyle.all.count)]
    var painter = BoardPainter(mask: ConductorMask(size: size), random: random, style: style)
    painter.paint()
    return painter.mask
  }

  private mutating func paint() {
    repeated(random.integer(in: style.bundleCount)) { $0.paintBundle() }
    repeated(random.integer(in: style.rowCount)) { $0.paintPadRow() }
    repeated(style.traceCount) { $0.paintTraceFromPad() }
    repeated(style.viaCount) { $0.paintVia() }
    if random.chance(45) || anchors.count < 4 { pourCopper() }
    for hole in holes { mask.fill(hole, with: 0) }
  }

  /// Calls `body` `count` times per 640 x 640 pixels of board, at least once unless `count` is 0.
  private mutating func repeated(_ count: Int, _ body: (inout BoardPainter) -> Void) {
    guard count > 0 else { return }
    let area = mask.size.width * mask.size.height
    for _ in 0..<max(1, count * area / (640 * 640)) { body(&self) }
  }

  /// A random point on the board, or up to `outside` pixels beyond its border.
  mutating func anyPoint(outside: Int = 0) -> Point {
    Point(
      x: random.integer(in: -outside...(mask.size.width + outside - 1)),
      y: random.integer(in: -outside...(mask.size.height + outside - 1)))
  }

  /// Draws `shapes` and returns true, or returns false if one of them is too close to a conductor.
  mutating func drawIfClear(_ shapes: [MaskShape]) -> Bool {
    for shape in shapes where !mask.isBare(shape.grown(by: BoardStyle.clearance)) { return false }
    for shape in shapes { mask.fill(shape) }
    return true
  }

  /// Records a hole. At the end it is drilled through all copper.
  mutating func drill(_ center: Point, diameter: Int) { holes.append(.disc(center, diameter: diameter)) }

  // MARK: - Pads and vias

  /// Draws a row of equal pads, or two facing rows as under a chip.
  private mutating func paintPadRow() {
    for _ in 0..<6 {
      let diameter = random.integer(in: style.padDiameter)
      let pitch = diameter + random.integer(in: style.gap) + BoardStyle.clearance / 2
      let count = random.integer(in: 2...max(3, min(8, 260 / pitch)))
      let isUpright = random.chance(50)
      let form = random.integer(below: 5)
      let facing = random.chance(35) ? diameter * 2 + random.integer(in: 30...90) : 0
      let start = anyPoint(outside: diameter / 2)
      var centers: [Point] = []
      for side in facing > 0 ? [0, facing] : [0] {
        for place in 0..<count {
          let (along, across) = (place * pitch, side)
          centers.append(Point(x: start.x + (isUpright ? across : along), y: start.y + (isUpright ? along : across)))
        }
      }
      if drawIfClear(centers.map { pad(form, $0, diameter, isUpright) }) {
        for center in centers { finishPad(form, center, diameter) }
        return
      }
    }
  }

  /// The copper of a pad: round, square, rounded or oblong.
  private func pad(_ form: Int, _ center: Point, _ diameter: Int, _ isUpright: Bool) -> MaskShape {
    let half = diameter / 2
    let (x0, y0, x1, y1) = (center.x - half, center.y - half, center.x + half, center.y + half)
    switch form {
    case 0, 1: return .disc(center, diameter: diameter)
    case 2: return .block(x0: x0, y0: y0, x1: x1, y1: y1, cut: diameter / 12)
    case 3: return .block(x0: x0, y0: y0, x1: x1, y1: y1, cut: diameter / 4)
    default:
      // Oblong across the row.
      let reach = half * 2 / 3
      let (dx, dy) = isUpright ? (reach, 0) : (0, reach)
      return .trace(
        Point(x: center.x - dx, y: center.y - dy), Point(x: center.x + dx, y: center.y + dy), width: diameter)
    }
  }

  private mutating func finishPad(_ form: Int, _ center: Point, _ diameter: Int) {
    anchors.append((center, diameter * 3 / 4))
    // Small pads have no hole; most large ones do.
    if diameter >= 20, form != 2, random.chance(60) { drill(center, diameter: diameter * 2 / 5) }
  }

  private mutating func paintVia() {
    for _ in 0..<4 {
      let smallest = max(16, style.padDiameter.lowerBound * 2 / 3)
      let diameter = random.integer(in: smallest...(smallest + style.padDiameter.upperBound / 2))
      let center = anyPoint(outside: 4)
      if drawIfClear([.disc(center, diameter: diameter)]) {
        anchors.append((center, diameter / 2))
        if diameter >= 22, random.chance(50) { drill(center, diameter: diameter * 2 / 5) }
        return
      }
    }
  }
}
