import FeederCore
import FeederImaging

/// A colour image to draw on. Parts outside of the image are not drawn.
struct Canvas {
  /// The image so far, 3 channels.
  private(set) var pixels: Pixels

  /// Starts with a copy of an image of 1 or 3 channels.
  init(_ image: Pixels) {
    guard image.channels == 1 else {
      pixels = image
      return
    }
    pixels = Pixels(bytes: image.bytes.flatMap { [$0, $0, $0] }, size: image.size, channels: 3)
  }

  /// Copies `image`, 3 channels, so that its upper left corner is at (left, top). It must fit.
  mutating func place(_ image: Pixels, left: Int, top: Int) {
    let count = image.size.width * 3
    for row in 0..<image.size.height {
      let start = ((top + row) * pixels.size.width + left) * 3
      pixels.bytes.replaceSubrange(start..<start + count, with: image.bytes[row * count..<(row + 1) * count])
    }
  }

  /// Fills the columns `left` ..< `right` of the rows `top` ..< `bottom`.
  mutating func fill(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, _ color: Color) {
    let columns = max(left, 0)..<max(min(right, pixels.size.width), max(left, 0))
    let rows = max(top, 0)..<max(min(bottom, pixels.size.height), max(top, 0))
    for y in rows {
      for x in columns {
        let place = (y * pixels.size.width + x) * 3
        pixels.bytes[place] = color.red
        pixels.bytes[place + 1] = color.green
        pixels.bytes[place + 2] = color.blue
      }
    }
  }

  /// Draws a border of `thickness` pixels outside of a rectangle, so that a small defect stays visible.
  mutating func frame(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, thickness: Int, _ color: Color) {
    fill(left - thickness, top - thickness, right + thickness, top, color)
    fill(left - thickness, bottom, right + thickness, bottom + thickness, color)
    fill(left - thickness, top, left, bottom, color)
    fill(right, top, right + thickness, bottom, color)
  }

  /// Writes `text` in letters `size` pixels high on a plate of `color`. The plate's lower edge is at `above`; if there
  /// is no room, its upper edge is at `below`. Both keep a distance of `gap` pixels.
  mutating func label(_ text: String, above: Int, or below: Int, left: Int, size: Int, gap: Int, _ color: Color) {
    let letters = Lettering.shared.withLock { $0.mask(text, size: size) }
    let (width, height) = (letters.width + 2 * gap, letters.height + 2 * gap)
    let x = max(min(left - gap, pixels.size.width - width), 0)
    let top = above - gap - height >= 0 ? above - gap - height : min(below + gap, pixels.size.height - height)
    let y = max(top, 0)
    fill(x, y, x + width, y + height, color)
    blend(letters, x: x + gap, y: y + gap, color.contrast)
  }

  private mutating func blend(_ mask: Lettering.Mask, x left: Int, y top: Int, _ color: Color) {
    let channels = [color.red, color.green, color.blue].map(Int.init)
    for row in 0..<min(mask.height, pixels.size.height - top) {
      for column in 0..<min(mask.width, pixels.size.width - left) {
        let coverage = Int(mask.coverage[row * mask.width + column])
        guard coverage > 0 else { continue }
        let place = ((top + row) * pixels.size.width + left + column) * 3
        for (channel, value) in channels.enumerated() {
          let below = Int(pixels.bytes[place + channel])
          pixels.bytes[place + channel] = UInt8(below + (value - below) * coverage / 255)
        }
      }
    }
  }
}
