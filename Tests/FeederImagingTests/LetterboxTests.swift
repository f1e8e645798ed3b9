import BoardSupport
import FeederCore
import FeederImaging
import FeederFixtures
import Testing

/// Letterboxes an owned picture; the target starts with other bytes, so that a place not written shows.
func letterboxed(_ image: Pixels, _ geometry: Letterbox, scratch: PixelScratch = PixelScratch()) -> PlanarImage {
  var target = PlanarImage(size: geometry.target, channels: image.channels)
  image.withView { view in
    target.withTarget { letterbox(view, geometry: geometry, into: $0, scratch: scratch) }
  }
  return target
}

@Suite("The letterbox equals the reference tools'")
struct LetterboxParityTests {
  @Test(
    "every case of the reference file: sizes, pads and ratio exact, pixels within 1 and 1 % of them",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)))
  func reference() throws {
    let fixture = try Fixture("e_letterbox")
    let cases = try #require(try fixture.json("cases") as? [String: [String: Any]])
    #expect(!cases.isEmpty)
    for (name, options) in cases.sorted(by: { $0.key < $1.key }) {
      let side = try #require(options["target_hw"] as? [Int])
      let image = try picture(fixture, name + ".in")
      let geometry = Letterbox(
        source: image.size, target: PixelSize(width: side[1], height: side[0]),
        scaleUp: options["scaleup"] as? Bool ?? true, center: options["center"] as? Bool ?? true,
        multiple: options["auto"] as? Bool ?? false ? 32 : nil)
      let resized = try picture(fixture, name + ".resized")
      let out = try picture(fixture, name + ".out")
      #expect(geometry.resized == resized.size, "case \(name)")
      #expect(geometry.target == out.size, "case \(name)")
      #expect(try fixture.doubles(name + ".ratio_wh") == [geometry.ratio, geometry.ratio], "case \(name)")
      let pads = [geometry.padLeft, geometry.padTop, geometry.padRight, geometry.padBottom]
      #expect(try fixture.ints(name + ".pad_ltrb") == pads, "case \(name)")
      try #require(geometry.target == out.size)
      compare(letterboxed(image, geometry).interleaved, out.bytes, "case \(name)")
      let bare = Letterbox(source: image.size, target: resized.size)
      if bare.resized == resized.size { compare(letterboxed(image, bare).interleaved, resized.bytes, "resize \(name)") }
    }
    try fixture.noteChecked()
  }

  func picture(_ fixture: Fixture, _ tensor: String) throws -> Pixels {
    let shape = try fixture.shape(tensor)
    try #require(shape.count == 3)
    return Pixels(
      bytes: try fixture.ints(tensor).map { UInt8($0) }, size: PixelSize(width: shape[1], height: shape[0]),
      channels: shape[2])
  }

  func compare(_ ours: [UInt8], _ theirs: [UInt8], _ name: String) {
    #expect(ours.count == theirs.count, "\(name)")
    #expect(largestDifference(ours, theirs) <= 1, "\(name)")
    let differing = zip(ours, theirs).filter { $0 != $1 }.count
    #expect(Double(differing) <= 0.01 * Double(theirs.count), "\(name): \(differing) of \(theirs.count) values differ")
  }
}

@Suite("The letterbox follows its integer recipe and maps boxes both ways")
struct LetterboxTests {
  static let sizes = [(40, 30), (64, 64), (128, 96), (65, 33), (1, 1), (1, 50), (200, 1), (2, 3), (63, 64), (32, 32)]

  @Test("every source size equals the plain reference, in both layouts", arguments: sizes, [1, 3])
  func recipe(sides: (Int, Int), channels: Int) {
    let image = TestImages.noise(PixelSize(width: sides.0, height: sides.1), channels: channels, seed: 3)
    let scratch = PixelScratch()
    for target in [PixelSize(side: 64), PixelSize(width: 96, height: 40), PixelSize(side: 1)] {
      let geometry = Letterbox(source: image.size, target: target)
      let expected = SlowReference.letterbox(image, geometry)
      #expect(letterboxed(image, geometry, scratch: scratch) == expected)
      var fromPlanes = PlanarImage(size: geometry.target, channels: channels)
      PlanarImage(image).withView { view in
        fromPlanes.withTarget { letterbox(view, geometry: geometry, into: $0, scratch: scratch) }
      }
      #expect(fromPlanes == expected)
    }
  }

  @Test("a reduced decoding fills the place of the original")
  func reducedSource() {
    let geometry = Letterbox(source: PixelSize(width: 401, height: 300), target: PixelSize(side: 96))
    let reduced = TestImages.noise(PixelSize(width: 201, height: 150), channels: 1, seed: 5)
    #expect(letterboxed(reduced, geometry) == SlowReference.letterbox(reduced, geometry))
  }

  @Test("a box goes to the target and back unchanged, and the image's edges meet the pads exactly")
  func boxes() {
    for (width, height) in [(640, 640), (333, 101), (1, 200), (4000, 2999)] {
      let geometry = Letterbox(source: PixelSize(width: width, height: height), target: PixelSize(side: 320))
      let box = Box(x1: 0.25, y1: 0.5, x2: Double(width) * 0.75, y2: Double(height) * 0.9)
      let back = geometry.toSource(geometry.toTarget(box))
      for (one, other) in [(back.x1, box.x1), (back.y1, box.y1), (back.x2, box.x2), (back.y2, box.y2)] {
        #expect(abs(one - other) < 1e-9)
      }
      let whole = geometry.toTarget(Box(x1: 0, y1: 0, x2: Double(width), y2: Double(height)))
      #expect(whole.x1 == Double(geometry.padLeft) && whole.y1 == Double(geometry.padTop))
      #expect(abs(whole.x2 - Double(320 - geometry.padRight)) < 1e-9)
      #expect(abs(whole.y2 - Double(320 - geometry.padBottom)) < 1e-9)
    }
  }

  @Test("scratch grows once and stays within what is announced", arguments: [1, 3])
  func scratchIsBounded(channels: Int) {
    let scratch = PixelScratch()
    let image = TestImages.noise(PixelSize(width: 150, height: 40), channels: channels, seed: 1)
    let geometry = Letterbox(source: image.size, target: PixelSize(side: 64))
    _ = letterboxed(image, geometry, scratch: scratch)
    let held = scratch.byteCount
    #expect(held > 0 && held <= PixelScratch.byteCount(sourceWidth: 150, targetWidth: 64, channels: channels))
    _ = letterboxed(image, geometry, scratch: scratch)
    #expect(scratch.byteCount == held)
  }
}
