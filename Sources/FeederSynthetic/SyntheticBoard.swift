import FeederCore

/// One synthetic board: the defect-free conductors, the conductors with defects, and what the defects are.
struct SyntheticBoard {
  /// The defect-free board.
  let template: ConductorMask
  /// The board with its defects.
  let tested: ConductorMask
  /// The defects, in the order they were placed.
  let defects: [PlacedDefect]

  /// Draws board `index` of `seed`, a function of these and `size` alone.
  init(seed: UInt64, index: Int, size: PixelSize) {
    var random = CounterRandom(seed: seed, index: index, purpose: .defects)
    template = BoardPainter.conductors(seed: seed, index: index, size: size).roughened(&random)
    var placer = DefectPlacer(template: template, random: random)
    placer.placeAll()
    tested = placer.mask
    defects = placer.defects
  }

  /// The labels of the board with defects.
  var labels: [Label] {
    defects.map { Label(classID: $0.kind.rawValue, box: $0.box, size: tested.size) }
  }
}
