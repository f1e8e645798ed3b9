import CPixels
import FeederCore

/// An axis-aligned map from target pixels to source pixels.
///
/// Along each axis: source = (target + 0.5) * scale + offset - 0.5, in pixels with 0 at the first pixel's centre. So a
/// source edge at `offset` falls on the target's edge 0. `flipped` mirrors the target from left to right afterwards:
/// column x shows what column width - 1 - x would without it. `upended` mirrors it from top to bottom likewise.
package struct AxisMap: Hashable, Sendable {
  /// Source pixels a target pixel, from left to right; below 1 enlarges.
  package var scaleX: Double
  /// Source pixels a target pixel, from top to bottom.
  package var scaleY: Double
  /// Source position, in pixels from its left edge, of the target's left edge.
  package var offsetX: Double
  /// Source position, in pixels from its upper edge, of the target's upper edge.
  package var offsetY: Double
  /// True where the target is mirrored from left to right.
  package var flipped: Bool
  /// True where the target is mirrored from top to bottom.
  package var upended: Bool

  /// A map by its four numbers, all finite.
  package init(
    scaleX: Double, scaleY: Double, offsetX: Double, offsetY: Double, flipped: Bool = false, upended: Bool = false
  ) {
    precondition(
      scaleX.isFinite && scaleY.isFinite && offsetX.isFinite && offsetY.isFinite, "a map's numbers are finite")
    self.scaleX = scaleX
    self.scaleY = scaleY
    self.offsetX = offsetX
    self.offsetY = offsetY
    self.flipped = flipped
    self.upended = upended
  }
}

extension AxisMap {
  /// The part of a source of `size` that is needed to draw the rectangle `columns` x `rows` of a target of `targetSize`, and the map
  /// onto that part. One pixel if the rectangle is empty.
  package func part(
    of size: PixelSize, columns: Range<Int>, rows: Range<Int>, targetSize: PixelSize
  ) -> (tile: Tile, map: AxisMap) {
    func range(
      _ targets: Range<Int>, _ scale: Double, _ offset: Double, mirrored length: Int?, count: Int
    ) -> Range<Int> {
      guard let low = targets.first, let high = targets.last else { return 0..<1 }
      let ends = [low, high].map { target in
        (Double(length.map { $0 - 1 - target } ?? target) + 0.5) * scale + offset - 0.5
      }
      // The second tap of the last pixel, and one pixel more on both sides because the kernels may round otherwise.
      let first = min(ends[0], ends[1]).rounded(.down) - 1
      let last = max(ends[0], ends[1]).rounded(.down) + 2
      let start = Int(min(max(first, 0), Double(count - 1)))
      return start..<max(Int(min(max(last, 0), Double(count - 1))), start) + 1
    }
    let across = range(columns, scaleX, offsetX, mirrored: flipped ? targetSize.width : nil, count: size.width)
    let down = range(rows, scaleY, offsetY, mirrored: upended ? targetSize.height : nil, count: size.height)
    var map = self
    map.offsetX -= Double(across.lowerBound)
    map.offsetY -= Double(down.lowerBound)
    return (
      Tile(x: across.lowerBound, y: down.lowerBound, size: PixelSize(width: across.count, height: down.count)), map
    )
  }
}

/// Draws `source` through `map` into the rectangle `columns` x `rows` of `target`; nothing else is touched.
///
/// Bilinear with weights in 1/2048, the source's edge repeated beyond it. Integer recipe: down first,
/// T = (p0 w0 + p1 w1) >> 4 for the columns needed, then (T0 a0 + T1 a1 + 2^17) >> 18 across; a map that hits pixel
/// centres copies them unchanged. One pass over the source's pixels; nothing is allocated once `scratch` has grown.
package func resample(
  _ source: ImageView, map: AxisMap, into target: PlanarTarget, columns: Range<Int>, rows: Range<Int>,
  scratch: PixelScratch
) {
  precondition(target.channels == source.channels, "source and target have the same channels")
  precondition(
    columns.lowerBound >= 0 && columns.upperBound <= target.size.width && rows.lowerBound >= 0
      && rows.upperBound <= target.size.height, "the rectangle lies inside the target")
  guard !columns.isEmpty, !rows.isEmpty else { return }
  let kernels = scratch.kernels
  let room = scratch.reserve(columns: columns.count, rows: rows.count, lineBytes: PlanarRows.lineBytes(source))
  // A mirrored target counts from the other side.
  room.columns.fill(
    kernels, scale: map.scaleX, offset: map.offsetX,
    start: map.flipped ? target.size.width - 1 - columns.lowerBound : columns.lowerBound, step: map.flipped ? -1 : 1,
    sourceCount: source.size.width)
  room.rows.fill(
    kernels, scale: map.scaleY, offset: map.offsetY,
    start: map.upended ? target.size.height - 1 - rows.lowerBound : rows.lowerBound, step: map.upended ? -1 : 1,
    sourceCount: source.size.height)
  withColumns(room, sourceWidth: source.size.width, kernels) { table in
    var sourceRows = PlanarRows(source, lines: room.lines, kernels: kernels)
    let span = room.columns.span
    for index in 0..<rows.count {
      prefetch(sourceRows, room.rows, index + rowsAhead, span)
      let upper = sourceRows.row(Int(room.rows.first[index]))
      let lower = sourceRows.row(Int(room.rows.second[index]))
      for plane in 0..<source.channels {
        kernels.pointee.resample_row(
          table, upper.plane(plane), lower.plane(plane), Int32(room.rows.weight[index]),
          target.row(rows.lowerBound + index, plane) + columns.lowerBound)
      }
    }
  }
}

/// Target rows that the memory is asked ahead: 2 to 16 are alike, none is half as slow again (pixel-kernels.md).
private let rowsAhead = 4

/// Asks for the source rows of target row `index` that the one before it does not need.
private func prefetch(_ source: PlanarRows, _ rows: AxisTaps, _ index: Int, _ span: ClosedRange<Int>) {
  guard index < rows.count else { return }
  let before = rows.second[index - 1]
  if rows.first[index] != before { source.prefetch(Int(rows.first[index]), span) }
  if rows.second[index] != before, rows.second[index] != rows.first[index] {
    source.prefetch(Int(rows.second[index]), span)
  }
}

/// Lends the column table of `room` with the level's plan made.
func withColumns(
  _ room: PixelScratch.Room, sourceWidth: Int, _ kernels: UnsafePointer<feeder_kernels>,
  _ body: (UnsafePointer<feeder_columns>) -> Void
) {
  var table = feeder_columns(
    first: room.columns.first, second: room.columns.second, weight: room.columns.weight,
    count: Int32(room.columns.count), source_count: Int32(sourceWidth), plan: room.plan, block_count: 0)
  kernels.pointee.plan_columns(&table)
  withUnsafePointer(to: table, body)
}
