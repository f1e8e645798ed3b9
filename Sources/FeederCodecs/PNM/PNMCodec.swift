import FeederCore
import FeederImaging

/// Turns PGM and PPM (and PBM of bits) into pixels.
final class PNMCodec: ParsingCodec {
  static let format = ImageFormat.pnm
  static let endings = ["pgm", "ppm", "pnm", "pbm"]

  private let rows = RowWriter()
  private var line = GrowingBuffer()
  var opened: (file: UnsafeRawBufferPointer, header: PNMHeader)?

  init() {}

  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool { PNMHeader.begins(EncodedBytes(bytes)) }

  var decodesInBands: Bool { true }

  func decode(_ output: DecodeOutput, into target: DecodeTarget) throws -> ImageRemarks {
    let (bytes, header) = takeOpened()
    let pixels = header.pixels
    rows.start(pixels, output, into: target)
    if header.coding == .text {
      try decodeText(bytes, header)
    } else {
      try rows.write(
        UnsafeRawBufferPointer(rebasing: bytes[header.start...]), stride: pixels.rowByteCount,
        count: header.size.height, first: 0, step: 1)
    }
    try rows.finish()
    return []
  }

  private func decodeText(_ bytes: UnsafeRawBufferPointer, _ header: PNMHeader) throws {
    var text = PNMText(EncodedBytes(bytes), offset: header.start)
    let count = header.size.width * header.channels
    let isWide = header.white > 255
    let line = line.bytes(isWide ? 2 * count : count)
    for y in 0..<header.size.height {
      for sample in 0..<count {
        let value = try text.number("pixels")
        guard value <= header.white else {
          throw ImagingError.damaged(.pnm, reason: "the value \(value) in row \(y) is above \(header.white)")
        }
        if isWide {
          line.storeBytes(of: UInt16(value), toByteOffset: 2 * sample, as: UInt16.self)
        } else {
          line[sample] = UInt8(value)
        }
      }
      try rows.write(y, UnsafeRawBufferPointer(line))
    }
  }
}
