import FeederCore
import FeederImaging

/// A C x H x W picture that owns its bytes; what a batch slot's part looks like.
struct PlanarImage: Equatable {
  var bytes: [UInt8]
  let size: PixelSize
  let channels: Int

  init(size: PixelSize, channels: Int, value: UInt8 = 7) {
    bytes = [UInt8](repeating: value, count: size.width * size.height * channels)
    self.size = size
    self.channels = channels
  }

  init(_ image: Pixels) {
    self.init(size: image.size, channels: image.channels)
    for (index, byte) in image.bytes.enumerated() {
      bytes[index % channels * size.width * size.height + index / channels] = byte
    }
  }

  /// The bytes in H x W x C order.
  var interleaved: [UInt8] {
    let plane = size.width * size.height
    return (0..<bytes.count).map { bytes[$0 % channels * plane + $0 / channels] }
  }

  subscript(x: Int, y: Int, channel: Int) -> UInt8 {
    get { bytes[(channel * size.height + y) * size.width + x] }
    set { bytes[(channel * size.height + y) * size.width + x] = newValue }
  }

  /// Lends the bytes as a target.
  mutating func withTarget(_ body: (PlanarTarget) throws -> Void) rethrows {
    let size = size
    let channels = channels
    try bytes.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      try body(PlanarTarget(base: base, size: size, channels: channels))
    }
  }

  /// Lends the bytes as a planar view.
  func withView(_ body: (ImageView) throws -> Void) rethrows {
    try bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      try body(ImageView(base: base, size: size, channels: channels, layout: .planar))
    }
  }
}

/// The recipes once more, pixel by pixel and in the plainest words; what the kernels must equal.
enum SlowReference {
  /// Neighbours and weights in 1/2048 at `position`.
  static func tap(_ position: Double, _ count: Int) -> (first: Int, second: Int, weight0: Int, weight1: Int) {
    let weight = Int(((position - position.rounded(.down)) * 2048).rounded(.toNearestOrEven))
    let index = Int(position.rounded(.down))
    return (min(max(index, 0), count - 1), min(max(index + 1, 0), count - 1), 2048 - weight, weight)
  }

  /// Resize and pad by the reference recipe.
  static func letterbox(_ image: Pixels, _ geometry: Letterbox) -> PlanarImage {
    let source = PlanarImage(image)
    var target = PlanarImage(size: geometry.target, channels: image.channels, value: 114)
    let resized = geometry.resized
    let isHalf = image.size == PixelSize(width: resized.width * 2, height: resized.height * 2)
    for channel in 0..<image.channels {
      for y in 0..<resized.height {
        for x in 0..<resized.width {
          func at(_ x: Int, _ y: Int) -> Int { Int(source[x, y, channel]) }
          let value: Int
          if isHalf {
            value =
              (at(2 * x, 2 * y) + at(2 * x + 1, 2 * y) + at(2 * x, 2 * y + 1) + at(2 * x + 1, 2 * y + 1) + 2) / 4
          } else {
            let a = tap((Double(x) + 0.5) * (Double(image.size.width) / Double(resized.width)) - 0.5, image.size.width)
            let b = tap(
              (Double(y) + 0.5) * (Double(image.size.height) / Double(resized.height)) - 0.5, image.size.height)
            let upper = at(a.first, b.first) * a.weight0 + at(a.second, b.first) * a.weight1
            let lower = at(a.first, b.second) * a.weight0 + at(a.second, b.second) * a.weight1
            value = ((b.weight0 * (upper >> 4)) >> 16 + (b.weight1 * (lower >> 4)) >> 16 + 2) >> 2
          }
          target[geometry.padLeft + x, geometry.padTop + y, channel] = UInt8(value)
        }
      }
    }
    return target
  }

  /// One target pixel of `resample`: the integer recipe, and the exact bilinear value.
  static func resample(
    _ source: PlanarImage, _ map: AxisMap, width: Int, x: Int, y: Int, channel: Int
  ) -> (recipe: UInt8, exact: Double) {
    let column = map.flipped ? width - 1 - x : x
    let sourceX = (Double(column) + 0.5) * map.scaleX + map.offsetX - 0.5
    let sourceY = (Double(y) + 0.5) * map.scaleY + map.offsetY - 0.5
    let a = tap(sourceX, source.size.width)
    let b = tap(sourceY, source.size.height)
    func at(_ x: Int, _ y: Int) -> Int { Int(source[x, y, channel]) }
    let left = (at(a.first, b.first) * b.weight0 + at(a.first, b.second) * b.weight1) >> 4
    let right = (at(a.second, b.first) * b.weight0 + at(a.second, b.second) * b.weight1) >> 4
    let recipe = (left * a.weight0 + right * a.weight1 + 131_072) >> 18
    let fractionX = sourceX - sourceX.rounded(.down)
    let fractionY = sourceY - sourceY.rounded(.down)
    func across(_ row: Int) -> Double {
      Double(at(a.first, row)) * (1 - fractionX) + Double(at(a.second, row)) * fractionX
    }
    return (UInt8(recipe), across(b.first) * (1 - fractionY) + across(b.second) * fractionY)
  }
}
