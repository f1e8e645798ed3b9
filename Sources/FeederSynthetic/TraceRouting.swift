import FeederCore

/// Routes traces: in bundles with common bends, and singly from a pad.
extension BoardPainter {
  /// Draws parallel traces from beyond one edge, through a bend of 45 degrees, to the other edge or to their own pads.
  mutating func paintBundle() {
    for _ in 0..<10 {
      let width = random.integer(in: style.traceWidth)
      let gap = random.integer(in: style.gap)
      let count = random.integer(in: 3...max(3, min(9, 200 / (width + gap))))
      let isUpright = random.chance(50)
      let (length, breadth) =
        isUpright ? (mask.size.height, mask.size.width) : (mask.size.width, mask.size.height)
      let bend = Bend(
        at: random.integer(in: length / 8...length * 3 / 4), depth: random.integer(in: 0...breadth / 3),
        side: random.chance(50) ? 1 : -1)
      let end = random.chance(50) ? length + 40 : random.integer(in: length / 2...length)
      let first = random.integer(in: -20...breadth)
      let lines = (0..<count).map { place in
        bend.line(from: first, offset: place * (width + gap), length: end - (end > length ? 0 : place * (width + gap)))
      }
      let paths = isUpright ? lines.map { $0.map(\.transposed) } : lines
      let shapes = paths.flatMap { path in
        zip(path, path.dropFirst()).map { MaskShape.trace($0, $1, width: width) }
      }
      guard drawIfClear(shapes) else { continue }
      if end <= length { for path in paths { endBundleLine(path, width: width, gap: gap) } }
      return
    }
  }

  /// Ends a line of a bundle with a round pad as large as the neighbours allow.
  private mutating func endBundleLine(_ path: [Point], width: Int, gap: Int) {
    guard let last = path.last else { return }
    let diameter = min(width + 2 * (gap - 6), max(width * 2, 14))
    guard diameter > width else { return }
    mask.fill(.disc(last, diameter: diameter))
    anchors.append((last, diameter / 2))
    if diameter >= 22, random.chance(50) { drill(last, diameter: diameter * 2 / 5) }
  }

  /// A bend of 45 degrees for all lines of a bundle; their distance stays the same.
  private struct Bend {
    var at: Int
    var depth: Int
    var side: Int

    /// The line at distance `offset` from the first one, which starts at row `from`.
    func line(from: Int, offset: Int, length: Int) -> [Point] {
      let y = from + offset
      // tan(22.5 degrees) is 0.41421; 5/12 is 0.41667.
      let start = at - side * offset * 5 / 12
      let end = max(length, start + depth + 1)
      guard depth > 0 else { return [Point(x: -20, y: y), Point(x: end, y: y)] }
      return [
        Point(x: -20, y: y), Point(x: max(start, -20), y: y), Point(x: max(start, -20) + depth, y: y + side * depth),
        Point(x: end, y: y + side * depth),
      ]
    }
  }

  private static let directions = [
    Point(x: 1, y: 0), Point(x: 1, y: 1), Point(x: 0, y: 1), Point(x: -1, y: 1), Point(x: -1, y: 0),
    Point(x: -1, y: -1), Point(x: 0, y: -1), Point(x: 1, y: -1),
  ]

  /// Draws a trace of up to four pieces from a pad, with turns of 45 degrees and mostly a via at its end.
  mutating func paintTraceFromPad() {
    guard !anchors.isEmpty else { return }
    for _ in 0..<5 {
      let anchor = anchors[random.integer(below: anchors.count)]
      let width = min(random.integer(in: style.traceWidth), anchor.radius * 3 / 2)
      var heading = random.integer(below: 8)
      var path = [anchor.center]
      // The first piece starts inside the pad, whose own copper must not block it.
      var skip = anchor.radius + width / 2 + BoardStyle.clearance + 2
      for _ in 0..<random.integer(in: 2...4) {
        let from = path[path.count - 1]
        let step = Self.directions[heading]
        let length = random.integer(in: 40...220)
        let start = Point(x: from.x + step.x * skip, y: from.y + step.y * skip)
        let to = Point(x: start.x + step.x * length, y: start.y + step.y * length)
        guard mask.isBare(MaskShape.trace(start, to, width: width).grown(by: BoardStyle.clearance)) else { break }
        path.append(to)
        heading = (heading + (random.chance(50) ? 1 : 7)) % 8
        skip = 0
      }
      if path.count > 1 {
        finishTrace(path, width: width)
        return
      }
    }
  }

  private mutating func finishTrace(_ path: [Point], width: Int) {
    let end = path[path.count - 1]
    for (from, to) in zip(path, path.dropFirst()) { mask.fill(.trace(from, to, width: width)) }
    let diameter = min(width * 2 + 6, width + 2 * BoardStyle.clearance)
    if random.chance(70) {
      mask.fill(.disc(end, diameter: diameter))
      anchors.append((end, diameter / 2))
      if diameter >= 22, random.chance(60) { drill(end, diameter: diameter * 2 / 5) }
    }
  }
}
