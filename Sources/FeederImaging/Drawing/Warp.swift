import CPixels
import FeederCore

/// Draws `part` of `source` into the pixels of `target` whose centres `map` takes there; nothing else is touched.
///
/// `map` goes from target to source, both in pixels with 0 at the outer edge of the first; `part` is in source pixels.
/// Bilinear with weights in 1/2048 and the integer recipe of `resample`, the source's edge repeated beyond it. Targets
/// whose W is not above 0 (beyond the horizon) are outside. Nothing is allocated. About four times the cost of `resample`.
package func warp(
  _ source: ImageView, map: Homography, part: Box, into target: PlanarTarget, scratch: PixelScratch
) {
  precondition(target.channels == source.channels, "source and target have the same channels")
  let borders = Borders(map: map, part: part)
  let center = Homography.axes(shiftX: -0.5, shiftY: -0.5) * map * .axes(shiftX: 0.5, shiftY: 0.5)
  var picture = feeder_picture(
    pixels: source.base, width: Int32(source.size.width), height: Int32(source.size.height),
    pixel_stride: Int32(source.pixelStride), row_stride: Int32(source.rowStride),
    channel_stride: Int64(source.planeStride), channels: Int32(source.channels))
  for row in 0..<target.size.height {
    let columns = borders.columns(row: row, width: target.size.width)
    guard !columns.isEmpty else { continue }
    let point = SIMD3(Double(columns.lowerBound), Double(row), 1)
    var line = feeder_line(
      u: Float((center.x * point).sum()), v: Float((center.y * point).sum()), w: Float((center.w * point).sum()),
      du: Float(center.x.x), dv: Float(center.y.x), dw: Float(center.w.x))
    scratch.kernels.pointee.warp_row(
      &picture, &line, Int32(columns.count), target.row(row, 0) + columns.lowerBound, Int64(target.planeByteCount))
  }
}

/// The lines on the target that the borders of a part of the source become, and the horizon.
private struct Borders {
  /// Inside where (x, y, 1) times each is at least 0.
  let left: Border
  let right: Border
  let top: Border
  let bottom: Border
  let horizon: Border

  init(map: Homography, part: Box) {
    left = Border(map.x - part.x1 * map.w)
    right = Border(part.x2 * map.w - map.x)
    top = Border(map.y - part.y1 * map.w)
    bottom = Border(part.y2 * map.w - map.y)
    horizon = Border(map.w - SIMD3(0, 0, 1e-6))
  }

  /// The columns of a target row whose centres are inside.
  ///
  /// A column on a border belongs to the side where x is larger, so that two parts with one border share none.
  func columns(row: Int, width: Int) -> Range<Int> {
    var low = 0.5
    var high = Double(width) + 0.5
    let y = Double(row) + 0.5
    left.narrow(&low, &high, y)
    right.narrow(&low, &high, y)
    top.narrow(&low, &high, y)
    bottom.narrow(&low, &high, y)
    horizon.narrow(&low, &high, y)
    guard low < high else { return 0..<0 }
    let first = Int((low - 0.5).rounded(.up))
    return first..<max(first, Int((high - 0.5).rounded(.up)))
  }
}

private struct Border {
  let line: SIMD3<Double>
  let inverse: Double

  init(_ line: SIMD3<Double>) {
    self.line = line
    inverse = -1 / line.x
  }

  /// Narrows `low` ..< `high` to the x that are inside at `y`.
  func narrow(_ low: inout Double, _ high: inout Double, _ y: Double) {
    let start = line.y * y + line.z
    if line.x > 0 {
      low = max(low, start * inverse)
    } else if line.x < 0 {
      high = min(high, start * inverse)
    } else if start < 0 {
      high = low
    }
  }
}
