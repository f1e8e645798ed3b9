import FeederCore

/// Pours copper over a region of the board, around the figures in it, with slots and holes.
extension BoardPainter {
  /// Pours one or two regions. Keeps a distance from every conductor and hole, and removes slivers.
  mutating func pourCopper() {
    let (width, height) = (mask.size.width, mask.size.height)
    let moat = random.integer(in: BoardStyle.clearance...BoardStyle.clearance + 10)
    var blocked = mask
    for hole in holes { blocked.fill(hole) }
    blocked = blocked.grown(by: moat)
    for _ in 0..<random.integer(in: 0...4) { blocked.fill(anySlot()) }

    var region = ConductorMask(size: mask.size)
    for _ in 0..<random.integer(in: 1...2) {
      let corner = Point(x: random.integer(in: -width / 4...width / 2), y: random.integer(in: -height / 4...height / 2))
      region.fill(
        .block(
          x0: corner.x, y0: corner.y, x1: corner.x + random.integer(in: width / 4...width),
          y1: corner.y + random.integer(in: height / 4...height), cut: random.integer(in: 0...80)))
    }
    var poured = region.intersected(with: blocked.inverted)
    // Opening removes copper narrower than 15 pixels.
    poured = poured.shrunk(by: 7).grown(by: 7)
    for _ in 0..<random.integer(in: 0...5) { drillInside(poured) }
    mask = mask.inverted.intersected(with: poured.inverted).inverted
  }

  /// A straight slot in the copper at a random place.
  private mutating func anySlot() -> MaskShape {
    let from = anyPoint()
    let length = random.integer(in: 80...400)
    let to = random.chance(50) ? Point(x: from.x + length, y: from.y) : Point(x: from.x, y: from.y + length)
    return .trace(from, to, width: random.integer(in: 10...16))
  }

  /// Adds a hole at a random place if it is well inside the poured copper.
  private mutating func drillInside(_ poured: ConductorMask) {
    let hole = MaskShape.disc(anyPoint(), diameter: random.integer(in: 14...40))
    let around = hole.grown(by: 10)
    let isInside = around.forEachRun(in: poured.size) { y, first, end in
      poured.bytes[(y * poured.size.width + first)..<(y * poured.size.width + end)].allSatisfy { $0 == 1 }
    }
    if isInside { holes.append(hole) }
  }
}
