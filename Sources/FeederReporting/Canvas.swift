import FeederCore
import FeederImaging

/// A colour image to draw on. Whatever lies outside is not drawn.
struct Canvas {
  /// The picture so far, 3 channels.
  private(set) var pixels: Pixels

  /// Starts from an image of 1 or 3 channels.
  init(_ image: Pixels) {
    guard image.channels == 1 else {
      pixels = image
      return
    }
    pixels = Pixels(bytes: image.bytes.flatMap { [$0, $0, $0] }, size: image.size, channels: 3)
  }

  /// Copies `image`, 3 channels, to the place whose upper left corner is given and that lies inside.
  mutating func place(_ image: Pixels, left: Int, top: Int) {
    let count = image.size.width * 3
    for row in 0..<image.size.height {
      let start = ((top + row) * pixels.size.width + left) * 3
      pixels.bytes.replaceSubrange(start..<start + count, with: image.bytes[row * count..<(row + 1) * count])
    }
  }

  /// Fills columns `left` ..< `right` of rows `top` ..< `bottom`.
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

  /// Draws the border of a rectangle, `thickness` pixels to the outside, so that a small defect stays visible.
  mutating func frame(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, thickness: Int, _ color: Color) {
    fill(left - thickness, top - thickness, right + thickness, top, color)
    fill(left - thickness, bottom, right + thickness, bottom + thickness, color)
    fill(left - thickness, top, left, bottom, color)
    fill(right, top, right + thickness, bottom, color)
  }

  /// Writes `text` on a plate of `color` whose lower edge is at `above`, or, without room there, whose upper edge is at `below`.
  mutating func label(_ text: String, above: Int, or below: Int, left: Int, scale: Int, _ color: Color) {
    let width = (text.count * (BitmapFont.width + 1) + 1) * scale
    let height = (BitmapFont.height + 2) * scale
    let x = max(min(left - scale, pixels.size.width - width), 0)
    let top = above - scale - height >= 0 ? above - scale - height : min(below + scale, pixels.size.height - height)
    let y = max(top, 0)
    fill(x, y, x + width, y + height, color)
    for (index, character) in text.enumerated() {
      draw(character, x: x + (1 + index * (BitmapFont.width + 1)) * scale, y: y + scale, scale: scale, color.contrast)
    }
  }

  private mutating func draw(_ character: Character, x: Int, y: Int, scale: Int, _ color: Color) {
    for (row, bits) in BitmapFont.rows(of: character).enumerated() {
      for column in 0..<BitmapFont.width where bits >> UInt8(BitmapFont.width - 1 - column) & 1 == 1 {
        let (left, top) = (x + column * scale, y + row * scale)
        fill(left, top, left + scale, top + scale, color)
      }
    }
  }
}
