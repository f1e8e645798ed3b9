import CPixels
import FeederCore
import FeederImaging

/// Reads the first picture of a TIFF or BigTIFF: grey, RGB or palette of 1 to 16 bits, in strips or tiles, packed by nothing, LZW,
/// deflate or PackBits.
final class TIFFCodec: ParsingCodec {
  static let format = ImageFormat.tiff
  static let endings = ["tif", "tiff"]

  private let writer = RowWriter()
  private let planes = [TIFFRows(), TIFFRows(), TIFFRows()]
  private var joined = GrowingBuffer()
  var opened: (file: UnsafeRawBufferPointer, header: TIFFPicture)?

  init() {}

  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let file = EncodedBytes(bytes)
    if file.holds("II".utf8) { return file.holds([42, 0], at: 2) || file.holds([43, 0], at: 2) }
    return file.holds("MM".utf8) && (file.holds([0, 42], at: 2) || file.holds([0, 43], at: 2))
  }

  var decodesInBands: Bool { true }

  func decode(_ output: DecodeOutput, into target: DecodeTarget) throws -> ImageRemarks {
    let (file, picture) = takeOpened()
    writer.start(picture.pixels, output, into: target)
    for plane in 0..<picture.planeCount { planes[plane].start(picture, plane: plane) }
    let rowByteCount = picture.parts.planeRowByteCount
    var y = 0
    while y < picture.pixels.size.height {
      let rows = try planes[0].next(picture, file)
      if picture.planeCount == 1 {
        let count = rows.count / rowByteCount
        try writer.write(rows, stride: rowByteCount, count: count, first: y, step: 1)
        y += count
      } else {
        y = try write(y, [rows, try planes[1].next(picture, file), try planes[2].next(picture, file)], picture)
      }
    }
    try writer.finish()
    return planes[..<picture.planeCount].contains(where: \.hasMore) ? .bytesBehindEnd : []
  }

  /// Puts the samples of three planes side by side; returns the next row.
  private func write(_ y: Int, _ planes: [UnsafeRawBufferPointer], _ picture: TIFFPicture) throws -> Int {
    let (width, bytes) = (picture.pixels.size.width, picture.pixels.bits / 8)
    var y = y
    let row = joined.bytes(3 * width * bytes)
    for start in stride(from: 0, to: planes[0].count, by: width * bytes) {
      guard let first = planes[0].baseAddress, let second = planes[1].baseAddress, let third = planes[2].baseAddress,
        let target = row.baseAddress
      else { break }
      feeder_join_planes(first + start, second + start, third + start, width, bytes, target)
      try writer.write(y, UnsafeRawBufferPointer(row))
      y += 1
    }
    return y
  }
}
