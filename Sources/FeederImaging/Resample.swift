import CPixels
import FeederCore

/// An axis-aligned map from target pixels to source pixels.
///
/// Along each axis: source = (target + 0.5) * scale + offset - 0.5, in pixels with 0 at the first pixel's centre. So a
/// source edge at `offset` falls on the target's edge 0. `flipped` mirrors the target from left to right afterwards:
/// column x shows what column width - 1 - x would without it.
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

  /// A map by its four numbers, all finite.
  package init(scaleX: Double, scaleY: Double, offsetX: Double, offsetY: Double, flipped: Bool = false) {
    precondition(
      scaleX.isFinite && scaleY.isFinite && offsetX.isFinite && offsetY.isFinite, "a map's numbers are finite")
    self.scaleX = scaleX
    self.scaleY = scaleY
    self.offsetX = offsetX
    self.offsetY = offsetY
    self.flipped = flipped
  }

  /// Source column of a target column, in a target of `width` columns.
  func sourceX(_ column: Int, width: Int) -> Double {
    (Double(flipped ? width - 1 - column : column) + 0.5) * scaleX + offsetX - 0.5
  }

  /// Source row of a target row.
  func sourceY(_ row: Int) -> Double { (Double(row) + 0.5) * scaleY + offsetY - 0.5 }
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
  guard let firstColumn = columns.first, let lastColumn = columns.last, !rows.isEmpty else { return }
  let width = target.size.width
  let ends = [firstColumn, lastColumn].map {
    ColumnTable.span(map.sourceX($0, width: width), sourceCount: source.size.width)
  }
  let span = min(ends[0].lowerBound, ends[1].lowerBound)...max(ends[0].upperBound, ends[1].upperBound)
  let stride = source.pixelStride
  let (table, line) = scratch.reserve(columns: columns.count, lineCount: span.count * stride)
  table.fill(count: columns.count, sourceCount: source.size.width, stride: stride, origin: span.lowerBound) {
    map.sourceX(firstColumn + $0, width: width)
  }
  let next = Int32(source.size.width > 1 ? stride : 0)
  let planes = source.layout == .planar ? source.channels : 1
  for row in rows {
    let tap = BilinearTap(position: map.sourceY(row), count: source.size.height)
    for plane in 0..<planes {
      let start = span.lowerBound * stride
      feeder_lerp_down(
        source.row(tap.first, plane) + start, source.row(tap.second, plane) + start, tap.weight0, tap.weight1,
        Int32(span.count * stride), line)
      for channel in 0..<stride {
        feeder_gather_across(
          line + channel, next, table.offsets, table.weights, Int32(columns.count),
          target.row(row, plane + channel) + firstColumn)
      }
    }
  }
}
