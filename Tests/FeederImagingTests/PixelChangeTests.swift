import BoardSupport
import FeederCore
import FeederImaging
import Testing

@Suite("Fill, flip and HSV change pixels as people know them")
struct PixelChangeTests {
  let size = PixelSize(width: 61, height: 40)

  /// `image` after the gains.
  func adjusted(_ image: PlanarImage, _ hue: Double, _ saturation: Double, _ value: Double) -> PlanarImage {
    var result = image
    result.withTarget { adjustHSV($0, hueGain: hue, saturationGain: saturation, valueGain: value) }
    return result
  }

  @Test("fill writes every byte")
  func filling() {
    var image = PlanarImage(size: size, channels: 3)
    image.withTarget { fill($0) }
    #expect(image == PlanarImage(size: size, channels: 3, value: 114))
    image.withTarget { fill($0, value: 9) }
    #expect(image == PlanarImage(size: size, channels: 3, value: 9))
  }

  @Test("flipping mirrors every row of every channel, for odd and even widths", arguments: [1, 2, 33, 64], [1, 3])
  func flipping(width: Int, channels: Int) {
    let image = PlanarImage(TestImages.noise(PixelSize(width: width, height: 5), channels: channels, seed: 2))
    var flipped = image
    flipped.withTarget { flipHorizontally($0) }
    for channel in 0..<channels {
      for y in 0..<5 {
        for x in 0..<width { #expect(flipped[x, y, channel] == image[width - 1 - x, y, channel]) }
      }
    }
  }

  @Test("one channel changes exactly as three equal channels do", arguments: [0.0, 0.6, 1.0, 1.37, 2.5])
  func grey(valueGain: Double) {
    let grey = PlanarImage(TestImages.noise(size, channels: 1, seed: 8))
    var colour = PlanarImage(size: size, channels: 3)
    colour.bytes = grey.bytes + grey.bytes + grey.bytes
    let one = adjusted(grey, 1.01, 1.6, valueGain)
    #expect(adjusted(colour, 1.01, 1.6, valueGain).bytes == one.bytes + one.bytes + one.bytes)
    #expect(one.bytes == grey.bytes.map { UInt8(min(Int(Double($0) * valueGain), 255)) })
  }

  @Test(
    "colours equal the textbook's HSV with 8-bit tables",
    arguments: [(1.0, 1.0, 1.0), (1.01, 0.5, 1.3), (0.2, 1.7, 0.6)])
  func colour(gains: (Double, Double, Double)) {
    let image = PlanarImage(TestImages.noise(size, channels: 3, seed: 6))
    let result = adjusted(image, gains.0, gains.1, gains.2)
    var nearestCount = 0
    for y in 0..<size.height {
      for x in 0..<size.width {
        let (hue, saturation, value) = Textbook.toHSV((0..<3).map { Double(image[x, y, $0]) })
        // The recipe's reciprocals have 12 bits: hue may fall on the other side of a half within 0.16, saturation 0.04.
        let matches = [0, -0.16, 0.16].flatMap { h in
          [0, -0.04, 0.04].map { s in
            let expected = Textbook.toRGB(
              Int(Double((Int((hue + h + 0.5).rounded(.down)) + 180) % 180) * gains.0) % 180,
              min(Int((saturation + s + 0.5).rounded(.down) * gains.1), 255), min(Int(value * gains.2), 255))
            return (0..<3).allSatisfy { abs(Double(result[x, y, $0]) - expected[$0]) <= 0.5001 }
          }
        }
        #expect(matches.contains(true), "\(hue) \(saturation) \(value)")
        nearestCount += matches[0] ? 1 : 0
      }
    }
    #expect(Double(nearestCount) > 0.97 * Double(size.width * size.height))
  }

  @Test("unit gains change a colour only by the coarseness of 8-bit HSV")
  func unitGains() {
    let image = PlanarImage(TestImages.board(size, channels: 3))
    #expect(largestDifference(adjusted(image, 1, 1, 1).bytes, image.bytes) <= 5)
  }

  @Test("a picture is grey where all three channels agree everywhere")
  func greyness() {
    let grey = TestImages.noise(size, channels: 1, seed: 8)
    var colour = Pixels(bytes: grey.bytes.flatMap { [$0, $0, $0] }, size: size, channels: 3)
    func both(_ image: Pixels) -> [Bool] {
      var answers = [image.withView { isGrey($0) }]
      PlanarImage(image).withView { answers.append(isGrey($0)) }
      return answers
    }
    #expect(both(grey) == [true, true])
    #expect(both(colour) == [true, true])
    colour.bytes[colour.bytes.count - 2] ^= 1
    #expect(both(colour) == [false, false])
  }
}

/// HSV with real numbers, as textbooks have it, in the ranges of 8 bits.
private enum Textbook {
  /// Hue -30..<150, saturation and value 0...255 of red, green, blue, not rounded.
  static func toHSV(_ rgb: [Double]) -> (Double, Double, Double) {
    let high = max(rgb[0], rgb[1], rgb[2])
    let range = high - min(rgb[0], rgb[1], rgb[2])
    guard range > 0 else { return (0, 0, high) }
    var degrees = 60 * (rgb[0] - rgb[1]) / range + 240
    if high == rgb[1] { degrees = 60 * (rgb[2] - rgb[0]) / range + 120 }
    if high == rgb[0] { degrees = 60 * (rgb[1] - rgb[2]) / range }
    return (degrees / 2, 255 * range / high, high)
  }

  /// Red, green, blue of 8-bit hue, saturation, value, not rounded.
  static func toRGB(_ hue: Int, _ saturation: Int, _ value: Int) -> [Double] {
    let chroma = Double(value) * Double(saturation) / 255
    return [5.0, 3.0, 1.0].map { shift in
      let k = (shift + Double(hue) / 30).truncatingRemainder(dividingBy: 6)
      return Double(value) - chroma * max(0, min(k, 4 - k, 1))
    }
  }
}
