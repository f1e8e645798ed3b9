import CPixels
import FeederCore
import FeederImaging

/// Reads BMP: 1 to 8 bits with a palette, also as run lengths, 16, 24 and 32 bits.
final class BMPCodec: ParsingCodec {
  static let format = ImageFormat.bmp
  static let endings = ["bmp", "dib"]

  private let writer = RowWriter()
  private var line = GrowingBuffer()
  var opened: (file: UnsafeRawBufferPointer, header: BMPHeader)?

  init() {}

  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool { EncodedBytes(bytes).holds("BM".utf8) }

  var decodesInBands: Bool { true }

  func decode(_ output: DecodeOutput, into target: DecodeTarget) throws -> ImageRemarks {
    let (file, header) = takeOpened()
    writer.start(header.pixels, output, into: target)
    let rows = UnsafeRawBufferPointer(rebasing: file[header.offset...])
    let height = header.pixels.size.height
    if header.isPacked { return try unpack(file, header) }
    if let fields = header.fields, fields.byteOrder == nil {
      try pick(fields, rows, header)
    } else {
      try writer.write(
        rows, stride: header.rowStride, count: height, first: header.isTopDown ? 0 : height - 1,
        step: header.isTopDown ? 1 : -1)
    }
    try writer.finish()
    return []
  }

  /// Writes rows of run lengths.
  private func unpack(_ file: UnsafeRawBufferPointer, _ header: BMPHeader) throws -> ImageRemarks {
    let size = header.pixels.size
    let numbers = line.bytes(size.width)
    var runs = BMPRuns(
      EncodedBytes(file)[header.offset..<file.count], width: size.width, pixelBits: header.pixelBits)
    for row in 0..<size.height {
      try runs.fill(numbers)
      try writer.write(header.isTopDown ? row : size.height - 1 - row, UnsafeRawBufferPointer(numbers))
    }
    try writer.finish()
    return try runs.finish()
  }

  /// Writes pixels whose samples are no whole bytes.
  private func pick(_ fields: BMPFields, _ rows: UnsafeRawBufferPointer, _ header: BMPHeader) throws {
    let size = header.pixels.size
    let colours = line.bytes(3 * size.width)
    guard let base = rows.baseAddress, let out = colours.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
    var kernel = fields.kernel
    for row in 0..<size.height {
      feeder_pick_fields(base + row * header.rowStride, size.width, header.pixelBits / 8, &kernel, out)
      try writer.write(header.isTopDown ? row : size.height - 1 - row, UnsafeRawBufferPointer(colours))
    }
  }
}
