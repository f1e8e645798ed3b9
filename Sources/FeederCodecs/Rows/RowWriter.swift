import CPixels
import FeederCore
import FeederImaging

/// Takes a picture's rows as the file has them and writes the picture as it is seen: everything that all formats have in common.
///
/// A codec keeps one. `start`, then every row once, by `write` or at `directRow`, from the top down or from the bottom up, then `finish`.
/// Beside the output it holds a few rows: it allocates nothing once these have grown.
final class RowWriter {
  private var pixels = StoredPixels(.jpeg, size: PixelSize(side: 1), bits: 8, order: .grey)
  private var conversion = RowConversion()
  private var scale = DecodeScale.full
  /// Bytes of a pixel of the output; of a row before and after the reduction; the output's memory and row size.
  private var pixelByteCount = 1
  private var channels = 1
  private var reducedWidth = 1
  private var output = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var outputRowByteCount = 1
  /// All of the output, if grey fills its last third and is spread at the end.
  private var spread: UnsafeMutableRawBufferPointer?
  private var spreadsGrey = false
  /// Rows after the reduction.
  private var outputHeight = 1
  private var rowsMissing = 0
  /// Takes the output band by band; nil if the output is the whole picture. Then the rows of the band that is being filled,
  /// and how many of them are missing.
  private var bands: PictureBands?
  private var band = 0..<0
  private var bandRowsMissing = 0

  private var line = GrowingBuffer()
  private var sums = GrowingBuffer()
  private var turning = GrowingBuffer()
  /// Rows of the reduction's band, and of the turning's, that are there.
  private var summedRows = 0
  private var bandRows = 0
  /// Rows that are turned at once, a run of pixels for each column: most of them, their bytes, and as many as it is for this picture.
  private static let mostBandRows = 32
  private static let mostBandByteCount = 4 << 20
  private var bandRowLimit = 1

  /// Begins a picture; see `DecodeTarget`. Bands are not asked of a picture whose sides are swapped.
  func start(_ pixels: StoredPixels, _ output: DecodeOutput, into target: DecodeTarget) {
    switch target {
    case .whole(let memory):
      start(pixels, output, into: memory)
    case .bands(let bands):
      guard case .bytes(_, .full, _) = output, !pixels.orientation.swapsSides else {
        preconditionFailure("bands are rows in full, as bytes")
      }
      start(pixels, output)
      self.bands = bands
      (band, bandRowsMissing) = (0..<0, 0)
    }
  }

  /// Begins a picture. `target` holds exactly what `output` takes of it.
  func start(_ pixels: StoredPixels, _ output: DecodeOutput, into target: UnsafeMutableRawBufferPointer) {
    start(pixels, output)
    let byteCount = reducedWidth * outputHeight * pixelByteCount
    precondition(target.count == (spreadsGrey ? 3 : 1) * byteCount, "the target holds the picture exactly")
    place(target)
  }

  /// Rows go to `target`; grey that is spread goes to its last third.
  private func place(_ target: UnsafeMutableRawBufferPointer) {
    spread = spreadsGrey ? target : nil
    output = UnsafeMutableRawBufferPointer(rebasing: target[(spreadsGrey ? target.count / 3 * 2 : 0)...])
  }

  private func start(_ pixels: StoredPixels, _ output: DecodeOutput) {
    bands = nil
    self.pixels = pixels
    conversion.start(pixels, output)
    pixelByteCount = conversion.pixelByteCount
    channels = conversion.channels
    if case .bytes(_, let scale, _) = output { self.scale = scale } else { scale = .full }
    let size = scale.size(of: pixels.size)
    reducedWidth = size.width
    if case .bytes(3, _, _) = output { spreadsGrey = channels == 1 } else { spreadsGrey = false }
    outputHeight = size.height
    outputRowByteCount = pixels.orientation.turned(size).width * pixelByteCount
    bandRowLimit = max(1, min(Self.mostBandRows, Self.mostBandByteCount / (reducedWidth * pixelByteCount)))
    rowsMissing = pixels.size.height
    (summedRows, bandRows) = (0, 0)
  }

  /// Memory for the bytes of row `y`, 0 at the top as stored, if they need no change; the codec then fills all of it and does not call
  /// `write` for this row. Nil if `write` must have the row.
  func directRow(_ y: Int) -> UnsafeMutableRawBufferPointer? {
    guard conversion.isIdentity, scale == .full, bands == nil else { return nil }
    switch pixels.orientation {
    case .upright, .flipped: break
    default: return nil
    }
    rowsMissing -= 1
    return outputRow(y)
  }

  /// Takes row `y`, 0 at the top as stored: `pixels.rowByteCount` bytes, aligned to nothing. Throws `ImagingError.damaged` if a sample is beyond the palette.
  func write(_ y: Int, _ row: UnsafeRawBufferPointer) throws {
    precondition(y >= 0 && y < pixels.size.height && row.count >= pixels.rowByteCount, "a row of the picture")
    rowsMissing -= 1
    guard scale == .full else { return try reduce(y, row) }
    if let bands, bandRowsMissing == 0 {
      band = bands.rows(around: seenRow(y))
      bandRowsMissing = band.count
      self.place(bands.memory(of: band))
    }
    let place = place(y)
    try conversion.convert(row, to: place)
    placed(y)
    try handBand()
  }

  /// Notes a row of the band, and hands the band on if it was the last one.
  private func handBand() throws {
    guard let bands else { return }
    bandRowsMissing -= 1
    guard bandRowsMissing == 0 else { return }
    if let spread { spreadGrey(fillingLastThirdOf: spread) }
    try bands.hand(band, UnsafeRawBufferPointer(spread ?? output))
  }

  /// Takes `count` rows that lie `stride` bytes apart in `rows`: row `first`, then `first + step` and so on; `step` is 1 or -1. Throws as `write`.
  func write(_ rows: UnsafeRawBufferPointer, stride: Int, count: Int, first: Int, step: Int) throws {
    let last = first + step * (count - 1)
    precondition(min(first, last) >= 0 && max(first, last) < pixels.size.height, "rows of the picture")
    precondition(rows.count >= stride * (count - 1) + pixels.rowByteCount, "the rows are there")
    guard let from = rows.baseAddress, conversion.isIdentity || conversion.isPick, scale == .full, bands == nil,
      pixels.orientation == .upright || pixels.orientation == .flipped,
      let to = outputRow(first).baseAddress
    else {
      for row in 0..<count {
        try write(first + row * step, UnsafeRawBufferPointer(rebasing: rows[(row * stride)...]))
      }
      return
    }
    rowsMissing -= count
    let targetStride = (pixels.orientation == .flipped ? -step : step) * outputRowByteCount
    conversion.convertRows(from, stride, count, to: to, targetStride)
  }

  /// Ends the picture. Throws `ImagingError.truncated` if rows are missing.
  func finish() throws {
    guard rowsMissing == 0 else {
      throw ImagingError.truncated(pixels.format, reason: "\(rowsMissing) of \(pixels.size.height) rows are missing")
    }
    if bands == nil, let spread { spreadGrey(fillingLastThirdOf: spread) }
    bands = nil
  }

  // MARK: - Reduction

  /// Adds a row to its band; the band's last one makes a row of the output. Pixels beyond the right and lower edge repeat the last ones.
  private func reduce(_ y: Int, _ row: UnsafeRawBufferPointer) throws {
    let width = pixels.size.width
    let count = width * channels
    let converted = line.bytes(count)
    try conversion.convert(row, to: converted.baseAddress.unsafelyUnwrapped)
    let sums = sums.bytes(count * MemoryLayout<UInt16>.size).assumingMemoryBound(to: UInt16.self).baseAddress
      .unsafelyUnwrapped
    let from = converted.assumingMemoryBound(to: UInt8.self).baseAddress.unsafelyUnwrapped
    let denominator = scale.denominator
    let target = y / denominator
    let isLast = y == pixels.size.height - 1
    feeder_add_row(
      from, Int32(count), Int32(isLast ? denominator * (target + 1) - y : 1), summedRows == 0 ? 1 : 0, sums)
    summedRows += 1
    guard summedRows == min(denominator, pixels.size.height - target * denominator) else { return }
    summedRows = 0
    feeder_fold_row(
      sums, Int32(width), Int32(channels), Int32(denominator),
      place(target).assumingMemoryBound(to: UInt8.self))
    placed(target)
  }

  // MARK: - Orientation

  private func outputRow(_ y: Int) -> UnsafeMutableRawBufferPointer {
    let row = seenRow(y) - (bands == nil ? 0 : band.lowerBound)
    return UnsafeMutableRawBufferPointer(rebasing: output[row * outputRowByteCount..<(row + 1) * outputRowByteCount])
  }

  /// The row of the picture as seen that row `y` becomes, if the sides are not swapped.
  private func seenRow(_ y: Int) -> Int {
    pixels.orientation == .flipped || pixels.orientation == .upsideDown ? outputHeight - 1 - y : y
  }

  /// Where row `y`, reduced, is written before it is turned.
  private func place(_ y: Int) -> UnsafeMutableRawPointer {
    guard pixels.orientation.swapsSides else { return outputRow(y).baseAddress.unsafelyUnwrapped }
    let rowByteCount = reducedWidth * pixelByteCount
    return turning.bytes(bandRowLimit * rowByteCount).baseAddress.unsafelyUnwrapped + y % bandRowLimit * rowByteCount
  }

  /// Turns row `y`, which is in its place.
  private func placed(_ y: Int) {
    switch pixels.orientation {
    case .upright, .flipped: break
    case .mirrored, .upsideDown:
      feeder_mirror_pixels(place(y), Int32(reducedWidth), Int32(pixelByteCount))
    case .transposed, .turnedRight, .transversed, .turnedLeft:
      let seenWidth = outputRowByteCount / pixelByteCount  // rows as stored
      bandRows += 1
      let first = y / bandRowLimit * bandRowLimit
      let rows = min(bandRowLimit, seenWidth - first)
      guard bandRows == rows else { return }
      bandRows = 0
      // The stored row y becomes column y or its mirror; the stored column x becomes row x or its mirror.
      let mirrorsRows = pixels.orientation == .turnedRight || pixels.orientation == .transversed
      let mirrorsColumns = pixels.orientation == .transversed || pixels.orientation == .turnedLeft
      let left = mirrorsRows ? seenWidth - first - rows : first
      feeder_turn_band(
        place(first), Int32(reducedWidth), Int32(rows), Int32(pixelByteCount), mirrorsRows ? 1 : 0,
        mirrorsColumns ? 1 : 0,
        output.baseAddress.unsafelyUnwrapped + left * pixelByteCount, Int64(outputRowByteCount))
    }
  }
}
