import FeederCore

/// A synthetic board: the conductors without and with defects, and the list of defects.
struct SyntheticBoard {
  /// The conductors without defects.
  let template: ConductorMask
  /// The conductors with defects.
  let tested: ConductorMask
  /// The defects, in the order in which they were placed.
  let defects: [PlacedDefect]

  /// Draws board `index` of `seed`. The result depends only on these and `size`.
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
