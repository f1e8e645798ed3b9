import CPixels
import FeederCore
import FeederImaging

/// A stored row's samples as the output has them: unpacked, mapped by palette or window, extra samples dropped, grey or colour.
struct RowConversion: ~Copyable {
  private var pixels = StoredPixels(.jpeg, size: PixelSize(side: 1), bits: 8, order: .grey)
  private var isLevels = false
  /// Channels of the output before grey is spread: 1 or 3.
  private(set) var channels = 1
  /// True if the stored bytes are the output's.
  private(set) var isIdentity = true
  /// Bytes of a pixel of the output.
  var pixelByteCount: Int { channels * (isLevels ? MemoryLayout<UInt16>.size : 1) }

  /// One byte for each sample of up to 8 bits; nil if it is the sample itself.
  private var hasByteTable = false
  private var byteTable = GrowingBuffer()
  private var wordTable = GrowingBuffer()
  /// What `wordTable` was filled for, and the steps that give the same bytes, if some do.
  private var wordKey: WordKey?
  private var wordSteps: feeder_steps?
  private var samples = GrowingBuffer()
  private var colours = GrowingBuffer()

  private struct WordKey: Equatable {
    let window: LevelWindow
    let white: Int
    let isInverted: Bool
  }

  /// Begins a picture.
  mutating func start(_ pixels: StoredPixels, _ output: DecodeOutput) {
    self.pixels = pixels
    switch output {
    case .levels:
      precondition(pixels.bits > 8, "levels are asked of files with more than 8 bits")
      isLevels = true
      channels = pixels.channels
      isIdentity = pixels.order.sampleCount == channels && !pixels.isInverted && !swaps && !isBGR
    case .bytes(let wanted, _, let window):
      isLevels = false
      channels = min(wanted, pixels.channels)
      if pixels.bits > 8 {
        fillWordTable(WordKey(window: window, white: pixels.white, isInverted: pixels.isInverted))
        isIdentity = false
      } else {
        fillByteTable()
        isIdentity =
          pixels.bits == 8 && !hasByteTable && self.pixels.palette == nil
          && pixels.order.sampleCount == channels && !isBGR
      }
    }
  }

  private var isBGR: Bool {
    switch pixels.order {
    case .bgr, .bgrExtra: true
    case .grey, .greyExtra, .rgb, .rgbExtra: false
    }
  }

  /// True for words of the other byte order than this machine's.
  private var swaps: Bool { pixels.isBigEndian != (1.bigEndian == 1) }

  private mutating func fillWordTable(_ key: WordKey) {
    guard wordKey != key else { return }
    let table = wordTable.bytes(65_536).assumingMemoryBound(to: UInt8.self)
    key.window.fill(table.baseAddress.unsafelyUnwrapped, white: key.white, isInverted: key.isInverted)
    wordSteps = key.window.steps(
      UnsafePointer(table.baseAddress.unsafelyUnwrapped), white: key.white, isInverted: key.isInverted)
    wordKey = key
  }

  private mutating func fillByteTable() {
    let table = byteTable.bytes(256)
    if let palette = pixels.palette {
      hasByteTable = channels == 1
      guard hasByteTable else { return }
      var isPlain = pixels.bits == 8 && palette.count == 256
      // One by one, every look at a colour would copy the palette.
      palette.colours.span.withUnsafeBufferPointer { colours in
        for (index, colour) in colours.enumerated() {
          table[index] = feeder_luma(
            UInt8(truncatingIfNeeded: colour), UInt8(truncatingIfNeeded: colour >> 8),
            UInt8(truncatingIfNeeded: colour >> 16))
          isPlain = isPlain && table[index] == index
        }
      }
      if isPlain {  // the grey palette of most BMP files
        self.pixels.palette = nil
        hasByteTable = false
      }
      return
    }
    let white = pixels.white
    hasByteTable = white != 255 || pixels.isInverted
    for sample in 0..<256 where hasByteTable {
      let level = max(pixels.isInverted ? white - sample : sample, 0)
      table[sample] = UInt8(min((255 * level + white / 2) / white, 255))
    }
  }

  /// Writes `row` to `target`, `size.width * pixelByteCount` bytes. Throws `ImagingError.damaged` if a sample is beyond the palette.
  mutating func convert(_ row: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) throws {
    let width = Int32(pixels.size.width)
    let count = width * Int32(pixels.order.sampleCount)
    let stored = row.baseAddress.unsafelyUnwrapped
    guard !isIdentity else { return target.copyMemory(from: stored, byteCount: pixels.rowByteCount) }
    guard !isLevels else {
      return feeder_pick_words(
        stored, width, Int32(pixels.order.sampleCount), isBGR ? 1 : 0, swaps ? 1 : 0,
        pixels.isInverted ? Int32(pixels.white) : -1, Int32(channels), target.assumingMemoryBound(to: UInt16.self))
    }
    let out = target.assumingMemoryBound(to: UInt8.self)
    // Samples become bytes: in the output at once if they are already the output's channels.
    let isLast = pixels.order.sampleCount == channels && !isBGR && (pixels.palette == nil || hasByteTable)
    let bytes: UnsafePointer<UInt8>
    if pixels.bits == 8 && !hasByteTable {
      bytes = stored.assumingMemoryBound(to: UInt8.self)
      try checkPalette(bytes)
    } else {
      let place =
        isLast ? out : samples.bytes(Int(count)).assumingMemoryBound(to: UInt8.self).baseAddress.unsafelyUnwrapped
      try fill(place, from: stored, count)
      bytes = UnsafePointer(place)
    }
    guard !isLast else { return }
    if let palette = pixels.palette {
      palette.colours.span.withUnsafeBufferPointer {
        feeder_look_up_rgb(bytes, width, $0.baseAddress.unsafelyUnwrapped, out)
      }
    } else {
      PixelLevel.active.kernels.pointee.pick_bytes(
        bytes, width, Int32(pixels.order.sampleCount), isBGR ? 1 : 0, Int32(channels), out)
    }
  }

  /// True if the output's bytes are some of the stored ones.
  var isPick: Bool {
    !isLevels && !isIdentity && pixels.bits == 8 && !hasByteTable && pixels.palette == nil
      && pixels.order.channels == channels
  }

  /// Converts `count` rows that lie `stride` bytes apart, `isIdentity` or `isPick`.
  func convertRows(
    _ rows: UnsafeRawPointer, _ stride: Int, _ count: Int, to target: UnsafeMutableRawPointer, _ targetStride: Int
  ) {
    if isIdentity {
      let byteCount = pixels.rowByteCount
      guard stride != targetStride || stride != byteCount else {
        return target.copyMemory(from: rows, byteCount: count * stride)
      }
      return feeder_copy_rows(rows, Int64(stride), target, Int64(targetStride), byteCount, count)
    }
    let pick = PixelLevel.active.kernels.pointee.pick_bytes
    let width = Int32(pixels.size.width)
    let samples = Int32(pixels.order.sampleCount)
    let (bgr, channels) = (Int32(isBGR ? 1 : 0), Int32(channels))
    let from = rows.assumingMemoryBound(to: UInt8.self)
    let to = target.assumingMemoryBound(to: UInt8.self)
    for row in 0..<count {
      // The processor expects the next row behind this one; the target's often lies before it.
      feeder_prefetch(to + (row + 1) * targetStride, 512)
      pick(from + row * stride, width, samples, bgr, channels, to + row * targetStride)
    }
  }

  /// Writes the samples of a row as bytes.
  private mutating func fill(
    _ place: UnsafeMutablePointer<UInt8>, from stored: UnsafeRawPointer, _ count: Int32
  ) throws {
    if pixels.bits > 8 {
      if var steps = wordSteps {
        return PixelLevel.active.kernels.pointee.step_words(stored, count, swaps ? 1 : 0, &steps, place)
      }
      let table = wordTable.bytes(65_536).assumingMemoryBound(to: UInt8.self).baseAddress.unsafelyUnwrapped
      return feeder_map_words(stored, count, swaps ? 1 : 0, table, place)
    }
    let from = stored.assumingMemoryBound(to: UInt8.self)
    if pixels.bits == 8 {
      place.update(from: from, count: Int(count))
    } else {
      feeder_unpack_bits(from, count, Int32(pixels.bits), place)
    }
    try checkPalette(UnsafePointer(place))
    guard hasByteTable else { return }
    PixelLevel.active.kernels.pointee.map_bytes(
      place, count, byteTable.bytes(256).assumingMemoryBound(to: UInt8.self).baseAddress.unsafelyUnwrapped)
  }

  private func checkPalette(_ indices: UnsafePointer<UInt8>) throws {
    guard let palette = pixels.palette, palette.count < 1 << pixels.bits else { return }
    let largest = feeder_largest(indices, Int32(pixels.size.width))
    guard largest < palette.count else {
      throw ImagingError.damaged(
        pixels.format, reason: "a pixel has colour \(largest) of a palette of \(palette.count)")
    }
  }
}
