import CPixels
import FeederCore
import FeederImaging

/// Which bits of a pixel of 16 or 32 bits are its red, green and blue.
struct BMPFields {
  /// Red, green and blue: the lowest of up to 8 top bits, and how many.
  private let channels: (Channel, Channel, Channel)
  /// The order of bytes that says the same; nil if the bits must be picked out.
  let byteOrder: StoredPixels.Order?
  /// True if the file holds the fields, false for those that 16 bits have without.
  let isStored: Bool
  let hasAlpha: Bool

  private struct Channel {
    let shift: Int
    let bits: Int
  }

  /// The order of the samples that `convert` leaves.
  var order: StoredPixels.Order { byteOrder ?? .rgb }

  /// The fields of a file; nil if its pixels have none. Throws `ImagingError` for everything but plain pixels and sound fields.
  static func of(_ bytes: BMPBytes, headerByteCount: Int, compression: Int, pixelBits: Int) throws -> BMPFields? {
    let isOS2 = (16...64).contains(headerByteCount) && ![40, 52, 56].contains(headerByteCount)
    switch compression {
    case 0:
      guard [1, 2, 4, 8, 16, 24, 32].contains(pixelBits) else {
        throw ImagingError.damaged(.bmp, reason: "\(pixelBits) bits per pixel")
      }
      guard pixelBits == 16 else { return nil }
      return try BMPFields(masks: (0x7C00, 0x03E0, 0x001F), alpha: 0, pixelBits: 16, isStored: false)
    case 3 where !isOS2 && (pixelBits == 16 || pixelBits == 32), 6 where pixelBits == 16 || pixelBits == 32:
      func mask(_ index: Int) throws -> Int { try bytes.number(at: 54 + 4 * index, byteCount: 4) }
      let alpha = headerByteCount >= 56 || compression == 6 ? try mask(3) : 0
      return try BMPFields(
        masks: (try mask(0), try mask(1), try mask(2)), alpha: alpha, pixelBits: pixelBits, isStored: true)
    case 1 where pixelBits == 8, 2 where pixelBits == 4: return nil
    case 3 where isOS2: throw ImagingError.unsupported(.bmp, reason: "OS/2's Huffman codes")
    case 4 where isOS2: throw ImagingError.unsupported(.bmp, reason: "OS/2's run lengths of 24 bits")
    case 4: throw ImagingError.unsupported(.bmp, reason: "a JPEG inside")
    case 5: throw ImagingError.unsupported(.bmp, reason: "a PNG inside")
    case 11...13: throw ImagingError.unsupported(.bmp, reason: "CMYK colours")
    default:
      throw ImagingError.damaged(.bmp, reason: "compression \(compression) with \(pixelBits) bits per pixel")
    }
  }

  private init(masks: (Int, Int, Int), alpha: Int, pixelBits: Int, isStored: Bool) throws {
    guard let red = Self.channel(masks.0, pixelBits), let green = Self.channel(masks.1, pixelBits),
      let blue = Self.channel(masks.2, pixelBits), masks.0 & masks.1 == 0, (masks.0 | masks.1) & masks.2 == 0
    else { throw ImagingError.damaged(.bmp, reason: "its bit fields overlap or have gaps") }
    channels = (red, green, blue)
    byteOrder =
      switch (pixelBits, masks.0, masks.1, masks.2) {
      case (32, 0xFF_0000, 0xFF00, 0xFF): .bgrExtra
      case (32, 0xFF, 0xFF00, 0xFF_0000): .rgbExtra
      default: nil
      }
    self.isStored = isStored
    hasAlpha = alpha != 0
  }

  /// The top 8 bits of a mask whose bits lie side by side within a pixel.
  private static func channel(_ mask: Int, _ pixelBits: Int) -> Channel? {
    guard mask > 0, mask >> pixelBits == 0 else { return nil }
    let shift = mask.trailingZeroBitCount
    let field = mask >> shift
    let bits = (~field).trailingZeroBitCount
    guard field >> bits == 0 else { return nil }
    return Channel(shift: shift + max(bits - 8, 0), bits: min(bits, 8))
  }

  /// The kernel's form: a place and a table for each channel.
  var kernel: feeder_fields {
    func field(_ channel: Channel) -> feeder_field {
      feeder_field(shift: UInt32(channel.shift), largest: UInt32(1 << channel.bits - 1))
    }
    return feeder_fields(red: field(channels.0), green: field(channels.1), blue: field(channels.2))
  }
}
