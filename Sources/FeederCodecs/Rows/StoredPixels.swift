import FeederCore
import FeederImaging

/// How a file's pixels lie in its rows; what a codec tells `RowWriter`, which turns the rows into the picture as it is seen.
struct StoredPixels {
  /// The samples of a pixel, in their order in the file.
  enum Order {
    case grey, greyExtra, rgb, rgbExtra, bgr, bgrExtra

    /// Samples a pixel. An extra one (alpha, or nothing) is dropped.
    var sampleCount: Int {
      switch self {
      case .grey: 1
      case .greyExtra: 2
      case .rgb, .bgr: 3
      case .rgbExtra, .bgrExtra: 4
      }
    }

    /// 1 for grey, 3 for colour.
    var channels: Int { sampleCount < 3 ? 1 : 3 }
  }

  /// For errors.
  let format: ImageFormat
  /// Size as stored.
  let size: PixelSize
  /// Bits of a sample as the rows hold it: 1, 2 or 4, packed from the top bit on, for `.grey` alone; 8; or 16, of which fewer may be used.
  let bits: Int
  /// `.grey` if there is a palette.
  let order: Order
  /// True for samples of 16 bits whose upper byte comes first.
  var isBigEndian = false
  /// The level of white; samples above it are white.
  var white: Int
  /// True if `white` is black and 0 is white.
  var isInverted = false
  /// What samples of up to 8 bits stand for.
  var palette: StoredPalette?
  /// How the picture is turned.
  var orientation = Orientation.upright

  /// Pixels whose white is the largest number of `bits` bits.
  init(_ format: ImageFormat, size: PixelSize, bits: Int, order: Order) {
    self.format = format
    self.size = size
    self.bits = bits
    self.order = order
    white = 1 << bits - 1
  }

  /// Bytes of a row, the last one filled up; rows may lie further apart in the file.
  var rowByteCount: Int { (size.width * order.sampleCount * bits + 7) / 8 }

  /// The same pixels once samples of 1, 2 or 4 bits have a byte each.
  func widened() -> StoredPixels {
    var wide = StoredPixels(format, size: size, bits: 8, order: order)
    (wide.white, wide.isInverted, wide.palette, wide.orientation) = (white, isInverted, palette, orientation)
    return wide
  }

  /// 1 or 3: what decoding can give without loss.
  var channels: Int { palette.map { $0.isGrey ? 1 : 3 } ?? order.channels }
}

/// The colours that samples of up to 8 bits stand for.
struct StoredPalette {
  /// Colours in it, at most 256. A larger sample is a fault of the file.
  private(set) var count = 0
  /// True if red, green and blue of every colour are equal.
  private(set) var isGrey = true
  /// Red in the lowest byte, then green and blue.
  private(set) var colours = InlineArray<256, UInt32>(repeating: 0)

  /// Adds the next colour; more than 256 are left out.
  mutating func append(red: UInt8, green: UInt8, blue: UInt8) {
    guard count < 256 else { return }
    colours[count] = UInt32(red) | UInt32(green) << 8 | UInt32(blue) << 16
    isGrey = isGrey && red == green && red == blue
    count += 1
  }
}
