import FeederCore

/// Sizes of a board's conductors in pixels. Real boards differ most in these, so one style is drawn per board.
///
/// The ranges are from DeepPCB's images (48 pixels per millimetre): traces are 5 to 60 pixels wide, gaps at least 6.
struct BoardStyle {
  /// Widths of traces.
  let traceWidth: ClosedRange<Int>
  /// Distance between neighbouring traces of a bundle.
  let gap: ClosedRange<Int>
  /// Diameters of pads and vias.
  let padDiameter: ClosedRange<Int>
  /// Numbers of bundles, rows of pads, single traces and vias per 640 x 640 pixels.
  let bundleCount: ClosedRange<Int>
  let rowCount: ClosedRange<Int>
  let traceCount: Int
  let viaCount: Int

  /// Least distance between conductors that are not connected.
  static let clearance = 8

  /// Fine, medium and coarse boards.
  static let all = [
    BoardStyle(
      traceWidth: 5...8, gap: 11...18, padDiameter: 15...28, bundleCount: 2...3, rowCount: 2...4, traceCount: 16,
      viaCount: 18),
    BoardStyle(
      traceWidth: 9...17, gap: 12...24, padDiameter: 26...48, bundleCount: 1...3, rowCount: 2...4, traceCount: 11,
      viaCount: 9),
    BoardStyle(
      traceWidth: 18...38, gap: 14...34, padDiameter: 48...104, bundleCount: 0...2, rowCount: 2...4, traceCount: 10,
      viaCount: 5),
  ]
}

extension CounterRandom {
  /// A random whole number in `range`.
  mutating func integer(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + integer(below: range.upperBound - range.lowerBound + 1)
  }

  /// True with a probability of `percent` percent.
  mutating func chance(_ percent: Int) -> Bool { integer(below: 100) < percent }
}
