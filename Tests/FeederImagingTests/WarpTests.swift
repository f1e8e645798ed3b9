import BoardSupport
import FeederCore
import FeederImaging
import Foundation
import Testing

@Suite("A warp draws a source through any projective map, inside its part alone")
struct WarpTests {
  static let maps = [
    Homography.axes(scaleX: 1.3, scaleY: 0.7, shiftX: -6, shiftY: 3.5),
    turned(by: 0.3, scale: 0.8, shiftX: -3, shiftY: 12),
    turned(by: 2.5, scale: 1.4, shiftX: 60, shiftY: 10),
    turned(by: .pi / 2, scale: 1, shiftX: 45.3, shiftY: -4.2),
    Homography(x: SIMD3(1, 0.4, -9), y: SIMD3(-0.3, 0.9, 4)),
    turned(by: -0.2, scale: 1, shiftX: 2, shiftY: -3)
      * Homography(x: SIMD3(1, 0, 0), y: SIMD3(0, 1, 0), w: SIMD3(0.004, -0.006, 1)),
  ]

  static func turned(by angle: Double, scale: Double, shiftX: Double, shiftY: Double) -> Homography {
    let (c, s) = (scale * cos(angle), scale * sin(angle))
    return Homography(x: SIMD3(c, -s, shiftX), y: SIMD3(s, c, shiftY))
  }

  /// `image` through `map` into 48 x 40 pixels that were 7.
  func warped(_ image: Pixels, _ map: Homography, _ part: Box, asPlanes: Bool = false) -> PlanarImage {
    var target = PlanarImage(size: PixelSize(width: 48, height: 40), channels: image.channels)
    func draw(_ view: ImageView) {
      target.withTarget { warp(view, map: map, part: part, into: $0, scratch: PixelScratch()) }
    }
    if asPlanes { PlanarImage(image).withView(draw) } else { image.withView(draw) }
    return target
  }

  @Test(
    "each pixel whose centre falls into the part is within 1 of the exact value, the others stay", arguments: maps,
    [1, 3])
  func exact(map: Homography, channels: Int) {
    for size in [PixelSize(width: 50, height: 37), PixelSize(width: 1, height: 30), PixelSize(side: 1)] {
      let image = TestImages.board(size, channels: channels)
      let planes = PlanarImage(image)
      // No centre lies on these borders to the last bit.
      let part = Box(
        x1: 0.1037 * Double(size.width), y1: 0.0013, x2: Double(size.width) - 0.0017, y2: 0.9031 * Double(size.height))
      let result = warped(image, map, part)
      #expect(result == warped(image, map, part, asPlanes: true))
      for channel in 0..<channels {
        for y in 0..<40 {
          for x in 0..<48 {
            let point = map(Double(x) + 0.5, Double(y) + 0.5)
            guard point.w > 0, point.x >= part.x1, point.x < part.x2, point.y >= part.y1, point.y < part.y2 else {
              #expect(result[x, y, channel] == 7)
              continue
            }
            let expected = bilinear(planes, x: point.x - 0.5, y: point.y - 0.5, channel: channel)
            #expect(abs(Double(result[x, y, channel]) - expected) <= 1)
          }
        }
      }
    }
  }

  func bilinear(_ image: PlanarImage, x: Double, y: Double, channel: Int) -> Double {
    func at(_ x: Double, _ y: Double) -> Double {
      let column = min(max(Int(x), 0), image.size.width - 1)
      return Double(image[column, min(max(Int(y), 0), image.size.height - 1), channel])
    }
    let (left, top) = (x.rounded(.down), y.rounded(.down))
    let upper = at(left, top) * (1 - (x - left)) + at(left + 1, top) * (x - left)
    let lower = at(left, top + 1) * (1 - (x - left)) + at(left + 1, top + 1) * (x - left)
    return upper * (1 - (y - top)) + lower * (y - top)
  }

  @Test("a map along the axes fills the same rectangle as a resample, within 1", arguments: [1, 3])
  func alongAxes(channels: Int) {
    let image = TestImages.noise(PixelSize(width: 50, height: 37), channels: channels, seed: 3)
    let scratch = PixelScratch()
    for (scaleX, scaleY, shiftX, shiftY) in [(1.0, 1.0, 0.0, 0.0), (0.7, 1.9, -4.2, 3.1), (1.31, 0.6, 8.4, -7.7)] {
      let map = Homography.axes(scaleX: scaleX, scaleY: scaleY, shiftX: shiftX, shiftY: shiftY)
      let result = warped(image, map, Box(x1: 0, y1: 0, x2: 50, y2: 37))
      func range(_ scale: Double, _ shift: Double, _ source: Int, _ target: Int) -> Range<Int> {
        let first = Int((-shift / scale - 0.5).rounded(.up))
        let end = Int(((Double(source) - shift) / scale - 0.5).rounded(.up))
        return max(first, 0)..<min(end, target)
      }
      var expected = PlanarImage(size: result.size, channels: channels)
      image.withView { view in
        expected.withTarget {
          resample(
            view, map: AxisMap(scaleX: scaleX, scaleY: scaleY, offsetX: shiftX, offsetY: shiftY), into: $0,
            columns: range(scaleX, shiftX, 50, 48), rows: range(scaleY, shiftY, 37, 40), scratch: scratch)
        }
      }
      #expect(largestDifference(result.bytes, expected.bytes) <= 1)
      #expect(result.bytes.contains { $0 != 7 })
    }
  }

  @Test("two parts with one border share no pixel and leave none between them", arguments: maps)
  func borders(map: Homography) {
    let image = TestImages.noise(PixelSize(width: 50, height: 37), channels: 1, seed: 8)
    var target = PlanarImage(size: PixelSize(width: 48, height: 40), channels: 1)
    var counts = [Int](repeating: 0, count: target.bytes.count)
    for part in [Box(x1: 0, y1: 0, x2: 21.5, y2: 37), Box(x1: 21.5, y1: 0, x2: 50, y2: 37)] {
      target = warped(Pixels(size: image.size, channels: 1, value: 99), map, part)
      for (index, value) in target.bytes.enumerated() where value == 99 { counts[index] += 1 }
    }
    let whole = warped(Pixels(size: image.size, channels: 1, value: 99), map, Box(x1: 0, y1: 0, x2: 50, y2: 37))
    let isEqual = counts == whole.bytes.map { $0 == 99 ? 1 : 0 }
    #expect(isEqual)
    #expect(counts.max() == 1)
  }

  @Test("a map and its inverse lead back, and a fold has none")
  func inverse() throws {
    for map in Self.maps {
      let back = try #require(map.inverse)
      for (x, y) in [(0.0, 0.0), (40, 3), (17.5, 29.25)] {
        let there = map(x, y)
        let again = back(there.x, there.y)
        #expect(abs(again.x - x) < 1e-9 && abs(again.y - y) < 1e-9)
        #expect(abs(again.w * there.w - 1) < 1e-9)
      }
    }
    #expect(Homography(x: SIMD3(1, 2, 0), y: SIMD3(2, 4, 0)).inverse == nil)
  }
}
