import CPixels
import FeederCore

/// The grey that pads an image, as in all YOLO tools.
package let padValue: UInt8 = 114

/// Writes `image`, scaled to `geometry.resized` and padded with 114, over the whole `target` in one pass.
///
/// `image` is the original or a reduced decoding of it (any size is scaled to `resized`); `target` has
/// `geometry.target`'s size and the image's channels. Integer recipe: weights in 1/2048; across first, sums S >> 4;
/// then ((S0 w0) >> 16) + ((S1 w1) >> 16), plus 2, >> 2. No resize at the right size; exactly half is the 2 x 2 mean.
package func letterbox(
  _ image: ImageView, geometry: Letterbox, into target: PlanarTarget, scratch: PixelScratch
) {
  precondition(target.size == geometry.target, "the target has the letterbox's size")
  precondition(target.channels == image.channels, "image and target have the same channels")
  pad(target, geometry)
  let resized = geometry.resized
  if image.size == resized {
    eachRow(of: target, geometry) { row, channel, out in
      feeder_take_channel(image.row(row, channel), Int32(image.pixelStride), Int32(resized.width), out)
    }
  } else if image.size == PixelSize(width: 2 * resized.width, height: 2 * resized.height) {
    eachRow(of: target, geometry) { row, channel, out in
      feeder_mean_2x2(
        image.row(2 * row, channel), image.row(2 * row + 1, channel), Int32(image.pixelStride), Int32(resized.width),
        out)
    }
  } else {
    resize(image, geometry, target, scratch)
  }
}

/// Bilinear, row by row; the sums of the two source rows in use are kept, since enlarging needs them again.
private func resize(_ image: ImageView, _ geometry: Letterbox, _ target: PlanarTarget, _ scratch: PixelScratch) {
  let resized = geometry.resized
  let (table, lines) = scratch.reserve(
    columns: resized.width, lineCount: 2 * image.channels * resized.width)
  let scaleX = Double(image.size.width) / Double(resized.width)
  let scaleY = Double(image.size.height) / Double(resized.height)
  table.fill(count: resized.width, sourceCount: image.size.width, stride: image.pixelStride) {
    (Double($0) + 0.5) * scaleX - 0.5
  }
  let next = Int32(image.size.width > 1 ? image.pixelStride : 0)
  var upper = SumRow(sums: lines)
  var lower = SumRow(sums: lines + image.channels * resized.width)
  for row in 0..<resized.height {
    let tap = BilinearTap(position: (Double(row) + 0.5) * scaleY - 0.5, count: image.size.height)
    if lower.source == tap.first { swap(&upper, &lower) }
    upper.load(tap.first, image, next, table, resized.width)
    if tap.second != tap.first { lower.load(tap.second, image, next, table, resized.width) }
    let below = tap.second == tap.first ? upper : lower
    for channel in 0..<image.channels {
      feeder_blend_sums(
        upper.sums + channel * resized.width, below.sums + channel * resized.width, tap.weight0, tap.weight1,
        Int32(resized.width), target.row(geometry.padTop + row, channel) + geometry.padLeft)
    }
  }
}

/// The horizontal sums of one source row, all channels.
private struct SumRow {
  let sums: UnsafeMutablePointer<Int16>
  var source = -1

  mutating func load(_ row: Int, _ image: ImageView, _ next: Int32, _ table: ColumnTable, _ width: Int) {
    guard source != row else { return }
    source = row
    for channel in 0..<image.channels {
      feeder_sum_across(
        image.row(row, channel), next, table.offsets, table.weights, Int32(width), sums + channel * width)
    }
  }
}

/// Calls `body` for every row and channel of the image's part of `target`, with the place of its first pixel.
private func eachRow(
  of target: PlanarTarget, _ geometry: Letterbox, _ body: (Int, Int, UnsafeMutablePointer<UInt8>) -> Void
) {
  for row in 0..<geometry.resized.height {
    for channel in 0..<target.channels {
      body(row, channel, target.row(geometry.padTop + row, channel) + geometry.padLeft)
    }
  }
}

/// Fills what the image does not cover.
private func pad(_ target: PlanarTarget, _ geometry: Letterbox) {
  let width = target.size.width
  for channel in 0..<target.channels {
    target.row(0, channel).update(repeating: padValue, count: geometry.padTop * width)
    let below = geometry.padTop + geometry.resized.height
    (target.row(0, channel) + below * width).update(repeating: padValue, count: geometry.padBottom * width)
    guard geometry.padLeft + geometry.padRight > 0 else { continue }
    for row in geometry.padTop..<below {
      let start = target.row(row, channel)
      start.update(repeating: padValue, count: geometry.padLeft)
      (start + width - geometry.padRight).update(repeating: padValue, count: geometry.padRight)
    }
  }
}

extension ImageView {
  /// The first value of a channel in a row.
  func row(_ row: Int, _ channel: Int) -> UnsafePointer<UInt8> { base + row * rowStride + channel * planeStride }
}

extension PlanarTarget {
  /// The first value of a channel in a row.
  func row(_ row: Int, _ channel: Int) -> UnsafeMutablePointer<UInt8> {
    base + channel * planeByteCount + row * size.width
  }
}
