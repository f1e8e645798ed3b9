import BoardSupport
import FeederCore
import Testing

@testable import FeederImaging

@Suite("Every level of the pixel kernels gives the bytes of plain C")
struct PixelLevelTests {
  @Test(
    "AVX2 equals plain C",
    .enabled(if: PixelLevel.avx2.isAvailable, "skipped: this processor, or this build, lacks AVX2"))
  func avx2() { compare(.avx2) }

  @Test(
    "AVX-512 equals plain C",
    .enabled(if: PixelLevel.avx512.isAvailable, "skipped: this processor, or this build, lacks AVX-512 with VBMI"))
  func avx512() { compare(.avx512) }

  @Test(
    "NEON equals plain C",
    .enabled(if: PixelLevel.neon.isAvailable, "skipped: this processor, or this build, is not arm64"))
  func neon() { compare(.neon) }

  @Test("a level is chosen by its name, and any other text is no reason to stop")
  func choice() {
    let best = PixelLevel.chosen(name: nil)
    #expect(best.isAvailable && PixelLevel.active.isAvailable)
    #expect(PixelLevel.plain.isAvailable && PixelLevel.chosen(name: "c") == .plain)
    for text in ["", "C", "plain", "sse9", "avx512 "] { #expect(PixelLevel.chosen(name: text) == best) }
    for level in PixelLevel.allCases {
      #expect(PixelLevel.chosen(name: level.name) == (level.isAvailable ? level : best))
    }
  }

  func compare(_ level: PixelLevel) {
    let scratch = [PixelScratch(level: .plain), PixelScratch(level: level)]
    for number in 0..<400 {
      var random = CounterRandom(seed: 5, epoch: 0, index: number, purpose: .augmentation)
      resample(&random, number, scratch)
      letterbox(&random, number, scratch)
      warp(&random, number, scratch)
      hsv(&random, number, level)
      unfilter(&random, number, level)
    }
    everyColour(level)
  }

  /// A picture with sharp edges in every third case, else noise.
  func picture(_ size: PixelSize, channels: Int, _ number: Int) -> Pixels {
    var image = TestImages.noise(size, channels: channels, seed: UInt64(number))
    if number % 3 == 0 { image.bytes = image.bytes.map { $0 < 128 ? 0 : 255 } }
    return image
  }

  /// Both layouts of `image`, drawn by `body` at both levels over the same bytes: four equal results.
  func expectEqual(
    _ image: Pixels, target: PixelSize, _ note: String, scratch: [PixelScratch],
    _ body: (ImageView, PlanarTarget, PixelScratch) -> Void
  ) {
    let planes = PlanarImage(image)
    var results: [PlanarImage] = []
    for scratch in scratch {
      var result = PlanarImage(size: target, channels: image.channels)
      image.withView { view in result.withTarget { body(view, $0, scratch) } }
      results.append(result)
      result = PlanarImage(size: target, channels: image.channels)
      planes.withView { view in result.withTarget { body(view, $0, scratch) } }
      results.append(result)
    }
    for result in results { #expect(result == results[0], "\(note)") }
  }

  func resample(_ random: inout CounterRandom, _ number: Int, _ scratch: [PixelScratch]) {
    let channels = number % 2 == 0 ? 1 : 3
    let longest = number % 4 < 2 ? 90 : 400
    let source = PixelSize(width: 1 + random.integer(below: longest), height: 1 + random.integer(below: 40))
    let target = PixelSize(width: 1 + random.integer(below: 200), height: 1 + random.integer(below: 20))
    // Mostly the scales of training, now and then strong reductions, mirror images and the identity.
    var scale = random.uniform(0.4, 2.5)
    if number % 5 == 0 { scale = random.uniform(-12, 12) }
    if number % 7 == 0 { scale = number % 2 == 0 ? 1 : 2 }
    let map = AxisMap(
      scaleX: scale, scaleY: number % 11 == 0 ? 1 : random.uniform(0.3, 3),
      offsetX: number % 7 == 0 ? 0 : random.uniform(-50, 50), offsetY: number % 11 == 0 ? 0 : random.uniform(-9, 9),
      flipped: number % 3 == 1)
    let left = random.integer(below: target.width)
    let columns = left..<left + 1 + random.integer(below: target.width - left)
    let top = random.integer(below: target.height)
    let rows = top..<target.height
    expectEqual(picture(source, channels: channels, number), target: target, "\(source) \(map)", scratch: scratch) {
      FeederImaging.resample($0, map: map, into: $1, columns: columns, rows: rows, scratch: $2)
    }
  }

  func letterbox(_ random: inout CounterRandom, _ number: Int, _ scratch: [PixelScratch]) {
    let source = PixelSize(width: 1 + random.integer(below: 300), height: 1 + random.integer(below: 60))
    var target = PixelSize(width: 1 + random.integer(below: 200), height: 1 + random.integer(below: 60))
    if number % 4 == 0 { target = source }
    if number % 4 == 1 { target = PixelSize(width: max(1, source.width / 2), height: max(1, source.height / 2)) }
    let geometry = Letterbox(source: source, target: target)
    let image = picture(source, channels: number % 2 == 0 ? 3 : 1, number)
    expectEqual(image, target: geometry.target, "\(source) to \(target)", scratch: scratch) {
      FeederImaging.letterbox($0, geometry: geometry, into: $1, scratch: $2)
    }
  }

  func warp(_ random: inout CounterRandom, _ number: Int, _ scratch: [PixelScratch]) {
    let longest = number % 3 == 0 ? 5 : 90
    let source = PixelSize(width: 1 + random.integer(below: longest), height: 1 + random.integer(below: longest))
    let map = Homography(
      x: SIMD3(random.uniform(-2, 2), random.uniform(-2, 2), random.uniform(-20, 60)),
      y: SIMD3(random.uniform(-2, 2), random.uniform(-2, 2), random.uniform(-20, 60)),
      w: SIMD3(number % 2 == 0 ? 0 : random.uniform(-0.02, 0.02), number % 4 < 2 ? 0 : random.uniform(-0.02, 0.02), 1))
    // A part that reaches beyond the source: its edge is repeated.
    let part = Box(x1: -9, y1: -9, x2: Double(source.width) + 9, y2: Double(source.height) + 9)
    let image = picture(source, channels: number % 2 == 0 ? 1 : 3, number)
    let target = PixelSize(width: 1 + random.integer(below: 90), height: 20)
    expectEqual(image, target: target, "\(source) \(map)", scratch: scratch) {
      FeederImaging.warp($0, map: map, part: part, into: $1, scratch: $2)
    }
  }

  func hsv(_ random: inout CounterRandom, _ number: Int, _ level: PixelLevel) {
    let size = PixelSize(width: 1 + number, height: 1)
    let gains = (0..<3).map { _ in random.uniform(0, 2) }
    for channels in [1, 3] {
      let image = PlanarImage(TestImages.noise(size, channels: channels, seed: UInt64(number)))
      expectEqual(image, gains, level)
    }
  }

  /// Rows of every filter, alone and mixed, behind a row of their own; no spare bytes behind a row.
  func unfilter(_ random: inout CounterRandom, _ number: Int, _ level: PixelLevel) {
    for pixelByteCount in [1, 2, 3, 4, 6, 8] {
      let count = pixelByteCount * (1 + random.integer(below: number % 3 == 0 ? 9 : 120))
      let rows = 1 + random.integer(below: 40)
      let noise = TestImages.noise(
        PixelSize(width: count + 1, height: rows + 1), channels: 1, seed: UInt64(number + pixelByteCount))
      let isSmooth = number % 2 == 0
      var packed = noise.bytes.map { isSmooth ? $0 % 3 &- 1 : $0 }
      for row in 0...rows {
        packed[row * (count + 1)] = UInt8(number % 7 < 5 ? number % 7 : random.integer(below: 5))
      }
      let above = Array(packed[1...count])
      let results = [PixelLevel.plain, level].map { level -> [[UInt8]] in
        let outs = (0..<rows).map { _ in UnsafeMutablePointer<UInt8>.allocate(capacity: count) }
        defer { outs.forEach { $0.deallocate() } }
        packed.withUnsafeBufferPointer { packed in
          above.withUnsafeBufferPointer { above in
            outs.withUnsafeBufferPointer { outs in
              guard let packed = packed.baseAddress, let above = above.baseAddress, let outs = outs.baseAddress
              else { return }
              level.kernels.pointee.unfilter(
                packed + count + 1, Int64(count + 1), Int32(rows), Int32(pixelByteCount), above, Int32(count), outs)
            }
          }
        }
        return outs.map { Array(UnsafeBufferPointer(start: $0, count: count)) }
      }
      #expect(results[0] == results[1], "\(rows) rows of \(count) bytes, \(pixelByteCount) a pixel")
    }
  }

  /// All 16.7 million colours, slightly and strongly changed.
  func everyColour(_ level: PixelLevel) {
    var image = PlanarImage(size: PixelSize(width: 256, height: 256), channels: 3)
    for red in 0..<256 {
      for index in 0..<65_536 {
        image.bytes[index] = UInt8(red)
        image.bytes[65_536 + index] = UInt8(index >> 8)
        image.bytes[131_072 + index] = UInt8(index & 255)
      }
      expectEqual(image, red % 2 == 0 ? [1.01, 0.7, 1.2] : [1.7, 1.6, 0.3], level)
    }
  }

  func expectEqual(_ image: PlanarImage, _ gains: [Double], _ level: PixelLevel) {
    var plain = image
    var other = image
    func adjust(_ target: PlanarTarget, _ level: PixelLevel) {
      adjustHSV(target, hueGain: gains[0], saturationGain: gains[1], valueGain: gains[2], level: level)
    }
    plain.withTarget { adjust($0, .plain) }
    other.withTarget { adjust($0, level) }
    #expect(plain == other, "\(gains) over \(image.size)")
  }
}
