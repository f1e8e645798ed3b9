/// An axis-aligned box by its corners, in pixels: x to the right, y down, (0, 0) is the image's upper left corner.
package struct Box: Hashable, Sendable {
  /// Left edge.
  package var x1: Double
  /// Upper edge.
  package var y1: Double
  /// Right edge.
  package var x2: Double
  /// Lower edge.
  package var y2: Double

  /// A box from its upper left corner (`x1`, `y1`) to its lower right corner (`x2`, `y2`).
  package init(x1: Double, y1: Double, x2: Double, y2: Double) {
    self.x1 = x1
    self.y1 = y1
    self.x2 = x2
    self.y2 = y2
  }

  /// Width in pixels; negative if the corners are crossed.
  package var width: Double { x2 - x1 }
  /// Height in pixels; negative if the corners are crossed.
  package var height: Double { y2 - y1 }
  /// Area in pixels: width times height.
  package var area: Double { width * height }

  /// The box moved by `x` to the right and `y` down.
  package func moved(x: Double, y: Double) -> Box { Box(x1: x1 + x, y1: y1 + y, x2: x2 + x, y2: y2 + y) }

  /// The box with its corners moved into an image of `size`.
  package func clipped(to size: PixelSize) -> Box {
    let w = Double(size.width)
    let h = Double(size.height)
    return Box(
      x1: min(max(x1, 0), w), y1: min(max(y1, 0), h), x2: min(max(x2, 0), w), y2: min(max(y2, 0), h))
  }
}

/// One line of a YOLO label file: a class, and a box by its centre, width and height as shares of the image (0 to 1).
package struct Label: Hashable, Sendable {
  /// Class, counted from 0.
  package var classID: Int
  /// Centre from the left edge, in image widths.
  package var centerX: Double
  /// Centre from the upper edge, in image heights.
  package var centerY: Double
  /// Width, in image widths.
  package var width: Double
  /// Height, in image heights.
  package var height: Double

  /// A label by its centre, width and height, all as shares of the image.
  package init(classID: Int, centerX: Double, centerY: Double, width: Double, height: Double) {
    self.classID = classID
    self.centerX = centerX
    self.centerY = centerY
    self.width = width
    self.height = height
  }

  /// A label from a `box` in pixels on an image of `size`.
  package init(classID: Int, box: Box, size: PixelSize) {
    self.init(
      classID: classID, centerX: (box.x1 + box.x2) / 2 / Double(size.width),
      centerY: (box.y1 + box.y2) / 2 / Double(size.height),
      width: box.width / Double(size.width), height: box.height / Double(size.height))
  }

  /// The box in pixels on an image of `size`, not clipped.
  package func box(in size: PixelSize) -> Box {
    let w = Double(size.width)
    let h = Double(size.height)
    return Box(
      x1: (centerX - width / 2) * w, y1: (centerY - height / 2) * h,
      x2: (centerX + width / 2) * w, y2: (centerY + height / 2) * h)
  }
}
