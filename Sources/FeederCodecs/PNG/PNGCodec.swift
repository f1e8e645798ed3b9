import CPixels
import FeederCore
import FeederImaging

/// Turns PNG bytes into pixels: our own walk over the chunks, ISA-L's inflate, a band of rows at a time.
final class PNGCodec: ParsingCodec {
  static let format = ImageFormat.png
  static let endings = ["png"]

  private let stream = PNGStream()
  private let rows = RowWriter()
  private var band = GrowingBuffer()
  private var lines = GrowingBuffer()
  private var whole = GrowingBuffer()
  var opened: (file: UnsafeRawBufferPointer, header: PNGHeader)?

  /// Rows are unpacked together up to so many bytes, which stay in the core's own cache.
  private static let bandByteCount = 256 << 10
  /// Most rows whose filters are taken off together, and most bytes of them.
  private static let mostGroupRows = 16
  private static let mostGroupByteCount = 1 << 20
  /// Most bytes of an interlaced picture, which is held as a whole beside the output.
  static let mostInterlacedByteCount = 56 << 20

  init() {}

  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    EncodedBytes(bytes).holds(PNGChunks.signature.prefix(4))
  }

  /// The seven passes of an interlaced picture are put together as a whole.
  var decodesInBands: Bool { opened?.header.isInterlaced == false }

  func decode(_ output: DecodeOutput, into target: DecodeTarget) throws -> ImageRemarks {
    let header = takeOpened().header
    try stream.start(header)
    if header.isInterlaced {
      try decodeInterlaced(header, output, into: target)
    } else {
      rows.start(header.pixels, output, into: target)
      try unfilter(header, PNGPass(size: header.size), direct: rows.directRow) { y, line in try rows.write(y, line) }
    }
    try rows.finish()
    return try stream.finish()
  }

  /// Unpacks the rows of a pass and takes their filters off, each into `direct` memory or else handed to `take`.
  private func unfilter(
    _ header: PNGHeader, _ pass: PNGPass, direct: (Int) -> UnsafeMutableRawBufferPointer?,
    take: (Int, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let height = pass.size.height
    let count = header.rowByteCount(width: pass.size.width)
    let pixelByteCount = max(1, header.order.sampleCount * header.bitDepth / 8)
    let bandRows = min(height, max(1, Self.bandByteCount / (count + 1)))
    let band = band.bytes(bandRows * (count + 1))
    // The row above, and as many as are done together.
    let groupRows = max(1, min(Self.mostGroupRows, Self.mostGroupByteCount / count))
    let lines = lines.bytes((groupRows + 1) * count)
    func line(_ row: Int) -> UnsafeMutableRawBufferPointer {
      UnsafeMutableRawBufferPointer(rebasing: lines[row * count..<(row + 1) * count])
    }
    line(groupRows).initializeMemory(as: UInt8.self, repeating: 0)
    var above = line(groupRows)
    let unfilter = PixelLevel.active.kernels.pointee.unfilter
    try withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<UInt8>.self, capacity: groupRows) { outs in
      for first in stride(from: 0, to: height, by: bandRows) {
        let rowCount = min(bandRows, height - first)
        try stream.fill(UnsafeMutableRawBufferPointer(rebasing: band[..<(rowCount * (count + 1))]))
        for group in stride(from: 0, to: rowCount, by: groupRows) {
          let rows = group..<min(group + groupRows, rowCount)
          var isDirect = false
          var last = above
          for row in rows {
            let filter = band[row * (count + 1)]
            guard filter <= 4 else {
              throw ImagingError.damaged(
                .png, reason: "row \(first + row) has filter \(filter), which PNG does not have")
            }
            let given = direct(first + row)
            isDirect = given != nil
            last = given ?? line(row - group)
            outs[row - group] = last.uint8(at: 0)
          }
          unfilter(
            band.uint8(at: group * (count + 1)), Int64(count + 1), Int32(rows.count), Int32(pixelByteCount),
            above.uint8(at: 0), Int32(count), outs.baseAddress.unsafelyUnwrapped)
          if !isDirect {
            for row in rows { try take(first + row, UnsafeRawBufferPointer(line(row - group))) }
            // The first row of the next group needs it, and its own memory is the group's.
            line(groupRows).copyMemory(from: UnsafeRawBufferPointer(last))
            last = line(groupRows)
          }
          above = last
        }
      }
    }
  }

  /// Puts the seven passes together, a byte or more for each sample, and hands over the rows.
  private func decodeInterlaced(
    _ header: PNGHeader, _ output: DecodeOutput, into target: DecodeTarget
  ) throws {
    var pixels = header.pixels
    if header.bitDepth < 8 { pixels = pixels.widened() }
    let size = header.size
    let pixelByteCount = pixels.bits / 8 * pixels.order.sampleCount
    let byteCount = size.width * size.height * pixelByteCount
    guard byteCount <= Self.mostInterlacedByteCount else {
      throw ImagingError.costly(
        .png,
        reason: "interlaced, it needs \(ByteCount(byteCount)) at once; the limit is "
          + "\(ByteCount(Self.mostInterlacedByteCount))")
    }
    let whole = whole.bytes(byteCount)
    for pass in header.passes where pass.size.width > 0 {
      var samples = GrowingBuffer()
      let width = Int32(pass.size.width)
      try unfilter(header, pass, direct: { _ in nil }) { y, line in
        var from = line.uint8(at: 0)
        if header.bitDepth < 8 {
          let widened = samples.bytes(pass.size.width).uint8(at: 0)
          feeder_unpack_bits(from, width, Int32(header.bitDepth), widened)
          from = UnsafePointer(widened)
        }
        let place = ((pass.top + y * pass.down) * size.width + pass.left) * pixelByteCount
        feeder_scatter_pixels(from, width, Int32(pixelByteCount), Int32(pass.across), whole.uint8(at: place))
      }
    }
    rows.start(pixels, output, into: target)
    let rowByteCount = pixels.rowByteCount
    for y in 0..<size.height {
      try rows.write(y, UnsafeRawBufferPointer(rebasing: whole[y * rowByteCount..<(y + 1) * rowByteCount]))
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// The byte at `place`, which is in it; its end is fine if nothing is read.
  fileprivate func uint8(at place: Int) -> UnsafeMutablePointer<UInt8> {
    precondition(place >= 0 && place <= count, "within the memory")
    return baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self) + place
  }
}

extension UnsafeRawBufferPointer {
  /// The byte at `place`, which is in it.
  fileprivate func uint8(at place: Int) -> UnsafePointer<UInt8> {
    precondition(place >= 0 && place <= count, "within the memory")
    return baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self) + place
  }
}
