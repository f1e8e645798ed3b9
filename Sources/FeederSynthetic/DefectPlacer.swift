import FeederCore

/// A defect on a board: its kind and its box.
struct PlacedDefect: Equatable {
  let kind: DefectKind
  /// The label's box: the changed pixels plus DeepPCB's margin, clipped to the board.
  let box: Box
}

/// Places defects on a board, one after the other. Each must be what its kind says and keep clear of the others.
struct DefectPlacer {
  /// The board without defects.
  let template: ConductorMask
  /// The board with the defects so far.
  private(set) var mask: ConductorMask
  /// The defects so far.
  private(set) var defects: [PlacedDefect] = []
  private var random: CounterRandom

  /// Pixels between the changed pixels and DeepPCB's boxes: 10 to the left and above, 9 to the right and below (medians
  /// over copper and pin-hole boxes).
  private static let marginBefore = 10
  private static let marginBehind = 9
  /// Least distance of changed pixels from the board's border.
  private static let border = 4

  /// Places defects on `template`, with random numbers from `random`.
  init(template: ConductorMask, random: CounterRandom) {
    self.template = template
    self.random = random
    mask = template
  }

  /// Places as many defects per 640 x 640 pixels as DeepPCB's images have.
  mutating func placeAll() {
    let area = mask.size.width * mask.size.height
    let wanted = max(1, DefectKind.anyCount(&random) * area / (640 * 640))
    for _ in 0..<(wanted * 4) where defects.count < wanted { place(DefectKind.any(&random)) }
  }

  /// Tries to place one defect of `kind`. Returns true if it found a place.
  @discardableResult
  mutating func place(_ kind: DefectKind) -> Bool {
    for _ in 0..<400 {
      guard let stroke = stroke(for: kind) else { continue }
      let points = stroke.points
      let inside = points.allSatisfy {
        $0.x >= Self.border && $0.y >= Self.border && $0.x < mask.size.width - Self.border
          && $0.y < mask.size.height - Self.border
      }
      guard inside else { continue }
      let changed = points.filter { mask[$0.x, $0.y] != kind.paint }
      guard let defect = defect(kind, changed), isTrue(kind, stroke, points) else { continue }
      for point in changed { mask[point.x, point.y] = kind.paint }
      defects.append(defect)
      return true
    }
    return false
  }

  /// The defect with its box; nil if it is too small to see or its box overlaps another's.
  private func defect(_ kind: DefectKind, _ changed: [Point]) -> PlacedDefect? {
    guard changed.count >= 28, let first = changed.first else { return nil }
    var (x0, y0, x1, y1) = (first.x, first.y, first.x, first.y)
    for point in changed {
      (x0, y0) = (min(x0, point.x), min(y0, point.y))
      (x1, y1) = (max(x1, point.x), max(y1, point.y))
    }
    guard max(x1 - x0, y1 - y0) >= 6 else { return nil }
    let box = Box(
      x1: Double(x0 - Self.marginBefore), y1: Double(y0 - Self.marginBefore),
      x2: Double(x1 + 1 + Self.marginBehind), y2: Double(y1 + 1 + Self.marginBehind)
    ).clipped(to: mask.size)
    let meetsAnother = defects.contains {
      $0.box.x1 < box.x2 && box.x1 < $0.box.x2 && $0.box.y1 < box.y2 && box.y1 < $0.box.y2
    }
    return meetsAnother ? nil : PlacedDefect(kind: kind, box: box)
  }

  /// True if the stroke makes a defect of `kind`, decided by the connected pieces before and after.
  private func isTrue(_ kind: DefectKind, _ stroke: Blot, _ points: [Point]) -> Bool {
    let wide = stroke.grown(by: 3).points
    switch kind {
    case .copper, .pinHole:
      return wide.allSatisfy { !isInside($0) || mask[$0.x, $0.y] != kind.paint }
    case .mousebite, .spur:
      // Even three pixels wider, it must not cut anything off or touch anything else.
      let before = window(around: stroke)
      // What is bitten must stay recognisable, so that a small pad is not removed.
      guard before.pixelCount(of: kind.paint ^ 1) >= 4 * points.count else { return false }
      for after in [before.painted(points, kind.paint), before.painted(wide, kind.paint)] {
        for value: UInt8 in [0, 1]
        where after.pieceCount(of: value, least: 6) != before.pieceCount(of: value, least: 6) { return false }
      }
      return true
    case .open:
      let before = window(around: stroke)
      let after = before.painted(points, 0)
      return after.pieceCount(of: 1, least: 40) > before.pieceCount(of: 1, least: 1)
    case .short:
      let before = window(around: stroke)
      let after = before.painted(points, 1)
      guard after.pieceCount(of: 1, least: 1) < before.pieceCount(of: 1, least: 40) else { return false }
      let ends = points.filter { template[$0.x, $0.y] == 1 }
      guard let first = ends.first else { return false }
      return ends.contains { !template.areJoined(first, $0) }
    }
  }

  private func isInside(_ point: Point) -> Bool {
    point.x >= 0 && point.y >= 0 && point.x < mask.size.width && point.y < mask.size.height
  }

  private func window(around stroke: Blot) -> BoardWindow {
    let (origin, size) = (stroke.origin, stroke.size)
    return BoardWindow(
      mask, x0: origin.x - 8, y0: origin.y - 8, x1: origin.x + size.width + 8, y1: origin.y + size.height + 8)
  }
}

// MARK: - Positions of strokes

extension DefectPlacer {
  /// A random stroke that may make a defect of `kind`; nil if its place does not suit.
  private mutating func stroke(for kind: DefectKind) -> Blot? {
    let start = Point(x: random.integer(below: mask.size.width), y: random.integer(below: mask.size.height))
    switch kind {
    case .copper, .pinHole:
      guard mask[start.x, start.y] != kind.paint else { return nil }
      let brush =
        kind == .copper
        ? Blot.Brush(length: random.integer(in: 3...15), diameter: 7...13, wobble: 4)
        : Blot.Brush(length: random.integer(in: 2...16), diameter: 6...10, wobble: 3)
      return Blot(from: start, along: anyDirection(), brush: brush, random: &random)
    case .mousebite, .spur:
      guard let edge = edge(near: start, of: kind.paint) else { return nil }
      let brush = Blot.Brush(length: random.integer(in: 7...21), diameter: 5...11, wobble: 3)
      return Blot(from: edge.point(behind: 2), along: tilted(edge.inward, by: 60), brush: brush, random: &random)
    case .open, .short:
      guard let edge = edge(near: start, of: kind.paint), let thickness = thickness(behind: edge, kind) else {
        return nil
      }
      let brush = Blot.Brush(
        length: thickness + 5, diameter: kind == .open ? 7...15 : 6...11, wobble: kind == .open ? 3 : 4)
      return Blot(from: edge.point(behind: 3), along: tilted(edge.inward, by: 20), brush: brush, random: &random)
    }
  }

  /// A place on the rim of a region that a defect changes.
  struct Edge {
    /// The first pixel of the region.
    var at: Point
    /// Direction into the region, of any length.
    var inward: Point

    /// A point `distance` pixels outside of the rim.
    func point(behind distance: Int) -> Point { point(inside: -distance) }

    /// A point `distance` pixels inside of the rim.
    func point(inside distance: Int) -> Point {
      let norm = max(1, MaskShape.squareRoot(inward.x * inward.x + inward.y * inward.y))
      return Point(x: at.x + inward.x * distance / norm, y: at.y + inward.y * distance / norm)
    }
  }

  private mutating func anyDirection() -> Point {
    let direction = Point(x: random.integer(in: -8...8), y: random.integer(in: -8...8))
    return direction == Point(x: 0, y: 0) ? Point(x: 1, y: 0) : direction
  }

  /// `direction` turned to either side by up to `percent` percent of its length.
  private mutating func tilted(_ direction: Point, by percent: Int) -> Point {
    let turn = random.integer(in: -percent...percent)
    return Point(x: direction.x - direction.y * turn / 100, y: direction.y + direction.x * turn / 100)
  }

  /// Walks from `start` along a row or column to the first rim. Returns it for the region that `paint` changes; nil if
  /// there is none within 60 pixels.
  private mutating func edge(near start: Point, of paint: UInt8) -> Edge? {
    let (dx, dy) = [(1, 0), (-1, 0), (0, 1), (0, -1)][random.integer(below: 4)]
    let value = mask[start.x, start.y]
    var point = start
    for _ in 0..<60 {
      let next = Point(x: point.x + dx, y: point.y + dy)
      guard isInside(next) else { return nil }
      if mask[next.x, next.y] != value {
        let at = value == paint ? next : point
        return inward(at, paint).map { Edge(at: at, inward: $0) }
      }
      point = next
    }
    return nil
  }

  /// Direction from the rim into the region, from its pixels within 11 x 11; nil at slivers and borders.
  private func inward(_ at: Point, _ paint: UInt8) -> Point? {
    guard at.x >= 6, at.y >= 6, at.x < mask.size.width - 6, at.y < mask.size.height - 6 else { return nil }
    var sum = Point(x: 0, y: 0)
    for y in -5...5 {
      for x in -5...5 where mask[at.x + x, at.y + y] != paint { sum = Point(x: sum.x + x, y: sum.y + y) }
    }
    // A straight rim gives 165; less than a third of that is not a rim.
    return sum.x * sum.x + sum.y * sum.y >= 55 * 55 ? sum : nil
  }

  /// Pixels from the rim straight through to the region's other side; nil if that is too near or too far.
  ///
  /// DeepPCB's opens cut conductors of 5 to 60 pixels, mostly thin ones. Its shorts bridge gaps of 6 to 70 pixels.
  private mutating func thickness(behind edge: Edge, _ kind: DefectKind) -> Int? {
    let most = kind == .open ? random.integer(in: 12...60) : random.integer(in: 18...64)
    var distance = 1
    while distance <= most {
      let point = edge.point(inside: distance)
      guard isInside(point) else { return nil }
      if mask[point.x, point.y] == kind.paint { break }
      distance += 1
    }
    guard distance <= most, distance >= 5 else { return nil }
    for beyond in 1...4 {
      let point = edge.point(inside: distance + beyond)
      guard isInside(point), mask[point.x, point.y] == kind.paint else { return nil }
    }
    return distance
  }
}
