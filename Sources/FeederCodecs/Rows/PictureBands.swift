import FeederCore
import FeederImaging

/// The place where a codec writes a picture.
enum DecodeTarget {
  /// Memory of exactly the whole picture.
  case whole(UnsafeMutableRawBufferPointer)
  /// Memory of some rows, handed on as soon as they are there. The picture is asked in full and as bytes.
  case bands(PictureBands)
}

/// A picture that is handed on in bands of rows while it is decoded, so that it never is in memory as a whole.
final class PictureBands {
  private let size: PixelSize
  private let channels: Int
  private let height: Int
  private var take: ((Int, ImageView) throws -> Void)?
  private var memory = GrowingBuffer()

  /// A picture of `size` as it is seen, in bands of `height` rows from row 0 on. `take` gets the first row and the pixels of
  /// each.
  init(_ size: PixelSize, channels: Int, height: Int, _ take: @escaping (Int, ImageView) throws -> Void) {
    precondition(height > 0, "a band has rows")
    self.size = size
    self.channels = channels
    self.height = height
    self.take = take
  }

  private var rowByteCount: Int { size.width * channels }

  /// The rows of the band that holds row `y`.
  func rows(around y: Int) -> Range<Int> {
    let first = y / height * height
    return first..<min(first + height, size.height)
  }

  /// Memory for exactly the band of `rows`; what was in it is gone.
  func memory(of rows: Range<Int>) -> UnsafeMutableRawBufferPointer {
    let all = memory.bytes(min(height, size.height) * rowByteCount)
    return UnsafeMutableRawBufferPointer(rebasing: all[..<(rows.count * rowByteCount)])
  }

  /// Hands on the band of `rows`. Throws what its user throws.
  func hand(_ rows: Range<Int>, _ pixels: UnsafeRawBufferPointer) throws {
    let part = PixelSize(width: size.width, height: rows.count)
    try take?(rows.lowerBound, ImageView(pixels, size: part, channels: channels, layout: .interleaved))
  }

  /// Hands on nothing from now on, and lets its user's closure go.
  func close() { take = nil }

  /// Hands on a whole picture, from the top down.
  func cut(_ picture: UnsafeRawBufferPointer) throws {
    for first in stride(from: 0, to: size.height, by: height) {
      let rows = rows(around: first)
      let bytes = rows.lowerBound * rowByteCount..<rows.upperBound * rowByteCount
      try hand(rows, UnsafeRawBufferPointer(rebasing: picture[bytes]))
    }
  }
}
