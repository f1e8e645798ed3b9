import FeederImaging

/// Run lengths of a BMP (BI_RLE8, BI_RLE4) to rows of palette numbers, a byte each, in the file's order.
///
/// Every length is checked against the row and the file. A pixel that the runs leave out has number 0, and `hasGaps` says so.
struct BMPRuns {
  private let bytes: EncodedBytes
  private let width: Int
  /// True for two pixels per byte.
  private let areHalves: Bool
  private var place = 0
  /// Where the next run begins, and rows until it does.
  private var column = 0
  private var rowsToSkip = 0
  private var isEnded = false
  /// True if pixels were left out.
  private(set) var hasGaps = false

  /// At most so many pixels come out of a byte.
  static let largestExpansion = 128

  /// `bytes` are the file's from its first run on.
  init(_ bytes: EncodedBytes, width: Int, pixelBits: Int) {
    self.bytes = bytes
    self.width = width
    areHalves = pixelBits == 4
  }

  /// Fills the next row, `width` bytes. Throws `ImagingError`.
  mutating func fill(_ row: UnsafeMutableRawBufferPointer) throws {
    row.initializeMemory(as: UInt8.self, repeating: 0)
    guard !isEnded, rowsToSkip == 0 else {
      hasGaps = true
      rowsToSkip = max(rowsToSkip - 1, 0)
      return
    }
    while true {
      if column == width, bytes.count - place < 2 {  // the end of a last row may be missing
        column = 0
        return
      }
      let (count, value) = (try next(), try next())
      switch (count, value) {
      case (0, 0):  // the row ends
        hasGaps = hasGaps || column < width
        column = 0
        return
      case (0, 1):  // the picture ends
        hasGaps = hasGaps || column < width
        isEnded = true
        return
      case (0, 2):  // right and down
        let right = try next()
        rowsToSkip = try next()
        hasGaps = hasGaps || right > 0 || rowsToSkip > 0
        guard right <= width - column else { throw leaves }
        column += right
        if rowsToSkip > 0 {
          rowsToSkip -= 1
          return
        }
      case (0, _): try copy(value, to: row)
      default:
        guard count <= width - column else { throw leaves }
        for index in 0..<count { row[column + index] = pixel(value, index) }
        column += count
      }
    }
  }

  /// What follows the last row. Throws `ImagingError` if that is another row.
  mutating func finish() throws -> ImageRemarks {
    let gaps: ImageRemarks = hasGaps ? .leftOut : []
    guard !isEnded else { return gaps }
    guard bytes.count - place >= 2 else { return gaps.union(.noEnd) }
    guard (try next(), try next()) == (0, 1) else { throw leaves }
    return gaps
  }

  /// Pixels as they stand, filled up to two bytes.
  private mutating func copy(_ count: Int, to row: UnsafeMutableRawBufferPointer) throws {
    guard count <= width - column else { throw leaves }
    let byteCount = areHalves ? (count + 1) / 2 : count
    guard byteCount <= bytes.count - place else { throw ended }
    for index in 0..<count {
      row[column + index] = pixel(Int(bytes[place + (areHalves ? index / 2 : index)]), index)
    }
    column += count
    place = min(place + byteCount + byteCount % 2, bytes.count)
  }

  private func pixel(_ value: Int, _ index: Int) -> UInt8 {
    UInt8(areHalves ? (index % 2 == 0 ? value >> 4 : value & 15) : value)
  }

  private mutating func next() throws -> Int {
    guard place < bytes.count else { throw ended }
    place += 1
    return Int(bytes[place - 1])
  }

  private var leaves: ImagingError { .damaged(.bmp, reason: "its run lengths leave the picture") }
  private var ended: ImagingError { .truncated(.bmp, reason: "its run lengths end before the picture does") }
}
