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
    copy(image, geometry, target, scratch)
  } else if image.size == PixelSize(width: 2 * resized.width, height: 2 * resized.height) {
    halve(image, geometry, target, scratch)
  } else {
    resize(image, geometry, target, scratch)
  }
}

private func copy(_ image: ImageView, _ geometry: Letterbox, _ target: PlanarTarget, _ scratch: PixelScratch) {
  let width = geometry.resized.width
  for row in 0..<geometry.resized.height {
    func place(_ channel: Int) -> UnsafeMutablePointer<UInt8> {
      target.row(geometry.padTop + row, channel) + geometry.padLeft
    }
    if image.pixelStride == 1 {
      for channel in 0..<image.channels { place(channel).update(from: image.row(row, channel), count: width) }
    } else {
      scratch.kernels.pointee.split_rgb(image.row(row, 0), Int32(width), place(0), place(1), place(2))
    }
  }
}

private func halve(_ image: ImageView, _ geometry: Letterbox, _ target: PlanarTarget, _ scratch: PixelScratch) {
  let room = scratch.reserve(columns: 0, rows: 0, lineBytes: PlanarRows.lineBytes(image))
  var rows = PlanarRows(image, lines: room.lines, kernels: scratch.kernels)
  for row in 0..<geometry.resized.height {
    let upper = rows.row(2 * row)
    let lower = rows.row(2 * row + 1)
    for channel in 0..<image.channels {
      scratch.kernels.pointee.mean_2x2(
        upper.plane(channel), lower.plane(channel), Int32(geometry.resized.width),
        target.row(geometry.padTop + row, channel) + geometry.padLeft)
    }
  }
}

private func resize(_ image: ImageView, _ geometry: Letterbox, _ target: PlanarTarget, _ scratch: PixelScratch) {
  let resized = geometry.resized
  let kernels = scratch.kernels
  let room = scratch.reserve(
    columns: resized.width, rows: resized.height, lineBytes: PlanarRows.lineBytes(image))
  room.columns.fill(
    kernels, scale: Double(image.size.width) / Double(resized.width), offset: 0, start: 0, step: 1,
    sourceCount: image.size.width)
  room.rows.fill(
    kernels, scale: Double(image.size.height) / Double(resized.height), offset: 0, start: 0, step: 1,
    sourceCount: image.size.height)
  withColumns(room, sourceWidth: image.size.width, kernels) { table in
    var rows = PlanarRows(image, lines: room.lines, kernels: kernels)
    for row in 0..<resized.height {
      let upper = rows.row(Int(room.rows.first[row]))
      let lower = rows.row(Int(room.rows.second[row]))
      for channel in 0..<image.channels {
        kernels.pointee.letterbox_row(
          table, upper.plane(channel), lower.plane(channel), Int32(room.rows.weight[row]),
          target.row(geometry.padTop + row, channel) + geometry.padLeft)
      }
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
