import FeederCore

/// How boards are cut in tiles that the network gets at full resolution.
package struct Tiling: Sendable, Hashable {
  /// Side of the tiles in pixels of the original. It becomes the image size by one scale for all tiles.
  package var side: Int
  /// The least overlap of neighbours in validation and prediction, as a share of `side`.
  package var overlap: Double
  /// Tiles without boxes per training epoch, as a share of all tiles; nil for as many as tiles with boxes, and at least
  /// `leastEmpty` of all.
  package var empty: Double?

  /// The allowed sides, in pixels.
  package static let sides = 32...8192
  /// The allowed overlaps.
  package static let overlaps = 0.0...0.9
  /// The overlap if none is given.
  package static let defaultOverlap = 0.2
  /// The least share of tiles without boxes if none is given.
  private static let leastEmpty = 0.1

  /// Tiles of `side`.
  package init(side: Int, overlap: Double = Tiling.defaultOverlap, empty: Double? = nil) {
    (self.side, self.overlap, self.empty) = (side, overlap, empty)
  }

  /// How many of the tiles without boxes an epoch keeps.
  func emptyCount(withBoxes: Int, without: Int) -> Int {
    let all = Double(withBoxes + without)
    let wanted = empty.map { (all * $0).rounded() } ?? max(Double(withBoxes), (all * Self.leastEmpty).rounded(.up))
    return min(max(Int(wanted), withBoxes == 0 ? 1 : 0), without)
  }

  /// Pixels of an overlap.
  package var overlapLength: Int { Int((Double(side) * overlap).rounded(.up)) }
}
