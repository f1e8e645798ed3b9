import FeederCore

/// The detections on overlapping tiles of one board as detections on the board: one per object.
///
/// A detection is *cut* if it reaches an edge of its tile that is no edge of the board: the tile may show a part of the object. The
/// rules, per class:
/// 1. Of detections that are not cut, from different tiles, the one with the highest score drops those that overlap it by more than
///    half (intersection over union).
/// 2. A cut detection is dropped if one that is not cut covers more than half of it: that tile sees the object whole.
/// 3. The cut detections that are left are joined if they continue each other across a seam, or if one covers more than half of the
///    other. The box is around all parts, the score is the highest.
package struct TileMerge {
  /// The detections on the board, in pixels of the board, by falling score.
  package let detections: [Detection]
  /// Objects that were joined from parts.
  package let joinedCount: Int

  /// A box so near to an edge, as a share of the tile's side, reaches it; at least `leastReach` pixels.
  private static let reach = 0.01
  private static let leastReach = 2.0
  /// The overlap of one object's boxes, and the share of a part.
  private static let half = 0.5

  /// Merges `tiles`: detections in pixels of their tile. `side` is the side of a whole tile.
  package init(_ tiles: [(tile: Tile, detections: [Detection])], of board: PixelSize, side: Int) {
    let reach = max(Self.leastReach, Self.reach * Double(side))
    var pieces: [Int: [Piece]] = [:]
    for (number, (tile, found)) in tiles.enumerated() {
      for detection in found {
        pieces[detection.classID, default: []].append(
          Piece(detection, tile: number, at: tile, of: board, reach: reach))
      }
    }
    var result: [Detection] = []
    var joined = 0
    for classID in pieces.keys.sorted() {
      let all = (pieces[classID] ?? []).sorted { $0.score != $1.score ? $0.score > $1.score : $0.precedes($1) }
      var whole = PieceIndex(cell: Double(side))
      for piece in all where !piece.isCut {
        let isDouble = whole.contains(near: piece.box) {
          $0.tile != piece.tile && $0.box.overlap(with: piece.box, epsilon: 0) > Self.half
        }
        if !isDouble { whole.add(piece) }
      }
      var parts = PieceIndex(cell: Double(side))
      for piece in all where piece.isCut {
        let isSeen = whole.contains(near: piece.box) {
          $0.tile != piece.tile && $0.box.shared(with: piece.box) > Self.half * piece.box.area
        }
        if !isSeen { parts.add(piece) }
      }
      let groups = parts.groups { $0.continues($1, reach: reach) || $0.covers($1, share: Self.half) }
      joined += groups.count { $0.count > 1 }
      result += (whole.pieces.map { [$0] } + groups).map { group in
        Detection(
          box: group.map(\.box).reduce(group[0].box) { $0.union($1) }, classID: classID,
          score: group.map(\.score).max() ?? 0)
      }
    }
    detections = result.enumerated().sorted {
      $0.element.score != $1.element.score ? $0.element.score > $1.element.score : $0.offset < $1.offset
    }.map(\.element)
    joinedCount = joined
  }
}

/// A detection of one tile, in pixels of the board.
private struct Piece {
  let box: Box
  let score: Double
  let tile: Int
  /// True for each edge of the tile, inside the board, that the box reaches.
  let isCutLeft: Bool
  let isCutTop: Bool
  let isCutRight: Bool
  let isCutBottom: Bool

  init(_ detection: Detection, tile number: Int, at tile: Tile, of board: PixelSize, reach: Double) {
    let (inner, edges) = (detection.box, tile.box)
    box = tile.toImage(inner)
    score = detection.score
    self.tile = number
    isCutLeft = tile.x > 0 && box.x1 - edges.x1 < reach
    isCutTop = tile.y > 0 && box.y1 - edges.y1 < reach
    isCutRight = tile.x + tile.size.width < board.width && edges.x2 - box.x2 < reach
    isCutBottom = tile.y + tile.size.height < board.height && edges.y2 - box.y2 < reach
  }

  var isCut: Bool { isCutLeft || isCutTop || isCutRight || isCutBottom }

  /// An order for equal scores that does not depend on the order of tiles in a batch.
  func precedes(_ other: Piece) -> Bool {
    (tile, box.x1, box.y1, box.x2, box.y2) < (other.tile, other.box.x1, other.box.y1, other.box.x2, other.box.y2)
  }

  /// True if both are parts of one object that a seam cuts: they meet at it, and overlap along it by more than half of the shorter.
  func continues(_ other: Piece, reach: Double) -> Bool {
    guard tile != other.tile else { return false }
    func runsOn(_ a: ClosedRange<Double>, _ b: ClosedRange<Double>) -> Bool {
      min(a.upperBound, b.upperBound) - max(a.lowerBound, b.lowerBound)
        > 0.5 * min(a.upperBound - a.lowerBound, b.upperBound - b.lowerBound)
    }
    let meetsAcross = box.x1 <= other.box.x2 + reach && other.box.x1 <= box.x2 + reach
    let meetsDown = box.y1 <= other.box.y2 + reach && other.box.y1 <= box.y2 + reach
    let facesAcross =
      (isCutRight && other.isCutLeft && box.x1 <= other.box.x1)
      || (isCutLeft && other.isCutRight && other.box.x1 <= box.x1)
    let facesDown =
      (isCutBottom && other.isCutTop && box.y1 <= other.box.y1)
      || (isCutTop && other.isCutBottom && other.box.y1 <= box.y1)
    return meetsAcross && meetsDown
      && (facesAcross && runsOn(box.rows, other.box.rows) || facesDown && runsOn(box.columns, other.box.columns))
  }

  /// True if one of both covers more than `share` of the other.
  func covers(_ other: Piece, share: Double) -> Bool {
    tile != other.tile && box.shared(with: other.box) > share * min(box.area, other.box.area)
  }
}

/// Pieces that can be found by their place.
private struct PieceIndex {
  private struct Cell: Hashable {
    let column: Int
    let row: Int
  }

  private(set) var pieces: [Piece] = []
  private var cells: [Cell: [Int]] = [:]
  private let cell: Double

  init(cell: Double) { self.cell = cell }

  mutating func add(_ piece: Piece) {
    for cell in self.cells(of: piece.box) { cells[cell, default: []].append(pieces.count) }
    pieces.append(piece)
  }

  /// True if a piece in a cell that `box` meets satisfies `condition`.
  func contains(near box: Box, _ condition: (Piece) -> Bool) -> Bool {
    cells(of: box).contains { (cells[$0] ?? []).contains { condition(pieces[$0]) } }
  }

  /// The pieces in groups: two that satisfy `condition` are in one group. In the order of each group's first piece.
  func groups(_ condition: (Piece, Piece) -> Bool) -> [[Piece]] {
    var parents = Array(pieces.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parents[index] != index {
        parents[index] = parents[parents[index]]
        index = parents[index]
      }
      return index
    }
    for index in pieces.indices {
      // A neighbour's edge may lie in the next cell.
      let box = pieces[index].box
      let wide = Box(x1: box.x1 - cell / 8, y1: box.y1 - cell / 8, x2: box.x2 + cell / 8, y2: box.y2 + cell / 8)
      for near in cells(of: wide) {
        for other in cells[near] ?? [] where other < index && condition(pieces[index], pieces[other]) {
          let (one, two) = (root(index), root(other))
          parents[max(one, two)] = min(one, two)
        }
      }
    }
    return Dictionary(grouping: pieces.indices, by: root).sorted { $0.key < $1.key }.map { $0.value.map { pieces[$0] } }
  }

  private func cells(of box: Box) -> [Cell] {
    func range(_ low: Double, _ high: Double) -> ClosedRange<Int> {
      let first = Int((low / cell).rounded(.down))
      return first...max(Int((high / cell).rounded(.down)), first)
    }
    return range(box.y1, box.y2).flatMap { row in range(box.x1, box.x2).map { Cell(column: $0, row: row) } }
  }
}

extension Box {
  fileprivate var columns: ClosedRange<Double> { min(x1, x2)...max(x1, x2) }
  fileprivate var rows: ClosedRange<Double> { min(y1, y2)...max(y1, y2) }

  /// The area that both boxes share.
  fileprivate func shared(with other: Box) -> Double {
    max(min(x2, other.x2) - max(x1, other.x1), 0) * max(min(y2, other.y2) - max(y1, other.y1), 0)
  }

  /// The box around both.
  fileprivate func union(_ other: Box) -> Box {
    Box(x1: min(x1, other.x1), y1: min(y1, other.y1), x2: max(x2, other.x2), y2: max(y2, other.y2))
  }
}
