import CPixels
import FeederCore

/// Fills the whole target with one value, by default the grey that pads.
package func fill(_ target: PlanarTarget, value: UInt8 = padValue) {
  target.base.update(repeating: value, count: target.byteCount)
}

/// Mirrors the target from left to right, in place.
package func flipHorizontally(_ target: PlanarTarget) {
  for channel in 0..<target.channels {
    for row in 0..<target.size.height {
      feeder_reverse(target.row(row, channel), Int32(target.size.width))
    }
  }
}

/// Multiplies hue, saturation and value of 8-bit HSV (hue in 0..<180 wraps, the others are cut at 255), in place.
///
/// Gains are finite and not negative; 1 leaves a channel alone. Fractions are cut, as in a table of 8-bit integers.
/// One plane is treated exactly as three equal planes would be: hue and saturation have no say, the value is scaled.
package func adjustHSV(
  _ target: PlanarTarget, hueGain: Double, saturationGain: Double, valueGain: Double, level: PixelLevel = .active
) {
  precondition(
    hueGain.isFinite && saturationGain.isFinite && valueGain.isFinite && min(hueGain, saturationGain, valueGain) >= 0,
    "gains are finite and not negative")
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256 + 256 + 180) { tables in
    guard let value = tables.baseAddress else { return }
    let saturation = value + 256
    let hue = value + 512
    for level in 0..<256 {
      value[level] = UInt8(min(Double(level) * valueGain, 255))
      saturation[level] = UInt8(min(Double(level) * saturationGain, 255))
    }
    for angle in 0..<180 { hue[angle] = UInt8((Double(angle) * hueGain).truncatingRemainder(dividingBy: 180)) }
    let count = Int32(target.planeByteCount)
    if target.channels == 1 {
      level.kernels.pointee.map_bytes(target.base, count, value)
    } else {
      level.kernels.pointee.adjust_hsv(
        target.row(0, 0), target.row(0, 1), target.row(0, 2), count, hue, saturation, value)
    }
  }
}

/// True for one channel, and for three that are equal in every pixel.
package func isGrey(_ image: ImageView) -> Bool {
  if image.channels == 1 { return true }
  for row in 0..<image.size.height {
    if image.layout == .interleaved {
      guard feeder_is_grey(image.row(row, 0), Int32(image.size.width)) == 1 else { return false }
    } else {
      for column in 0..<image.size.width {
        let red = image.row(row, 0)[column]
        guard image.row(row, 1)[column] == red, image.row(row, 2)[column] == red else { return false }
      }
    }
  }
  return true
}
