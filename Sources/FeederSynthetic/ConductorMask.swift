import FeederCore

/// A map of the copper: one byte per pixel, 1 on a conductor and 0 on the bare board, rows without padding.
struct ConductorMask: Equatable {
  /// Size in pixels.
  let size: PixelSize
  /// `size.width * size.height` bytes, each 0 or 1.
  var bytes: [UInt8]

  /// A bare board.
  init(size: PixelSize) {
    self.size = size
    bytes = [UInt8](repeating: 0, count: size.width * size.height)
  }

  /// A mask of the given bytes, one per pixel.
  init(size: PixelSize, bytes: [UInt8]) {
    precondition(bytes.count == size.width * size.height, "a mask has one byte a pixel")
    self.size = size
    self.bytes = bytes
  }

  /// The pixel at (x, y), which must be inside.
  subscript(x: Int, y: Int) -> UInt8 {
    get { bytes[y * size.width + x] }
    set { bytes[y * size.width + x] = newValue }
  }

  /// Sets all pixels of `shape` to `value`.
  mutating func fill(_ shape: MaskShape, with value: UInt8 = 1) {
    let width = size.width
    _ = shape.forEachRun(in: size) { y, first, end in
      for at in (y * width + first)..<(y * width + end) { bytes[at] = value }
      return true
    }
  }

  /// True if no pixel of `shape` is on a conductor.
  func isBare(_ shape: MaskShape) -> Bool {
    shape.forEachRun(in: size) { y, first, end in
      var found: UInt8 = 0
      for x in first..<end { found |= bytes[y * size.width + x] }
      return found == 0
    }
  }

  /// The mask with conductors grown by `radius` pixels in all directions (square neighbourhood).
  func grown(by radius: Int) -> ConductorMask {
    var copy = self
    copy.growAlongRows(radius)
    copy.growAlongColumns(radius)
    return copy
  }

  /// The mask with conductors shrunk by `radius` pixels in all directions (square neighbourhood). The image's border
  /// does not shrink them.
  func shrunk(by radius: Int) -> ConductorMask { inverted.grown(by: radius).inverted }

  /// The mask with copper and bare board exchanged.
  var inverted: ConductorMask { ConductorMask(size: size, bytes: bytes.map { $0 ^ 1 }) }

  /// The mask of the pixels that are copper in both masks.
  func intersected(with other: ConductorMask) -> ConductorMask {
    precondition(size == other.size, "masks of one board have one size")
    return ConductorMask(size: size, bytes: zip(bytes, other.bytes).map { $0 & $1 })
  }

  /// Extends each run of copper by `radius` pixels to the left and right.
  private mutating func growAlongRows(_ radius: Int) {
    let (width, height) = (size.width, size.height)
    let source = bytes
    var target = bytes.mutableSpan
    for row in stride(from: 0, to: width * height, by: width) {
      var trail = 0
      for x in row..<(row + width) {
        trail = source[x] == 1 ? radius : trail - 1
        if trail >= 0 { target[x] = 1 }
      }
      trail = 0
      for x in (row..<(row + width)).reversed() {
        trail = source[x] == 1 ? radius : trail - 1
        if trail >= 0 { target[x] = 1 }
      }
    }
  }

  /// Extends copper by `radius` pixels up and down. Works row by row, with one counter per column.
  private mutating func growAlongColumns(_ radius: Int) {
    precondition((0...200).contains(radius), "a trail is counted in one byte")
    let (width, height) = (size.width, size.height)
    let source = bytes
    let full = UInt8(radius + 1)
    var target = bytes.mutableSpan
    for isUpward in [false, true] {
      var trails = [UInt8](repeating: 0, count: width)
      for step in 0..<height {
        let row = (isUpward ? height - 1 - step : step) * width
        for x in 0..<width {
          let faded = trails[x] &- (trails[x] == 0 ? 0 : 1)
          let trail = source[row &+ x] == 1 ? full : faded
          trails[x] = trail
          target[row &+ x] |= trail == 0 ? 0 : 1
        }
      }
    }
  }
}
