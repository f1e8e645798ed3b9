import BoardSupport
import FeederCore
import FeederImaging
import Testing

@Suite("Resampling follows its integer recipe inside its rectangle")
struct ResampleTests {
  static let maps = [
    AxisMap(scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0),
    AxisMap(scaleX: 0.67, scaleY: 0.67, offsetX: 3.3, offsetY: -2.1),
    AxisMap(scaleX: 1.93, scaleY: 1.41, offsetX: -10, offsetY: 5.5),
    AxisMap(scaleX: 1.2, scaleY: 0.8, offsetX: -4.25, offsetY: 7, flipped: true),
    AxisMap(scaleX: -0.9, scaleY: 1.1, offsetX: 44, offsetY: 0),
    AxisMap(scaleX: 9, scaleY: 7, offsetX: 1e12, offsetY: -1e12),
  ]

  @Test("each pixel equals the recipe and is within 1 of the exact value", arguments: maps, [1, 3])
  func recipe(map: AxisMap, channels: Int) {
    let scratch = PixelScratch()
    for size in [PixelSize(width: 50, height: 37), PixelSize(side: 1), PixelSize(width: 2, height: 1)] {
      let image = TestImages.noise(size, channels: channels, seed: 9)
      let planes = PlanarImage(image)
      let columns = 5..<44
      let rows = 3..<31
      var target = PlanarImage(size: PixelSize(width: 48, height: 33), channels: channels)
      image.withView { view in
        target.withTarget { resample(view, map: map, into: $0, columns: columns, rows: rows, scratch: scratch) }
      }
      var fromPlanes = PlanarImage(size: target.size, channels: channels)
      planes.withView { view in
        fromPlanes.withTarget { resample(view, map: map, into: $0, columns: columns, rows: rows, scratch: scratch) }
      }
      #expect(fromPlanes == target)
      check(target, planes, map, columns, rows)
    }
  }

  @Test(
    "a rectangle drawn from the part of the source that it needs is the one drawn from all of it",
    arguments: maps.dropLast())
  func part(map: AxisMap) throws {
    let scratch = PixelScratch()
    let target = PixelSize(width: 48, height: 33)
    for size in [PixelSize(width: 50, height: 37), PixelSize(width: 200, height: 160), PixelSize(side: 1)] {
      let image = TestImages.noise(size, channels: 1, seed: 5)
      for (columns, rows) in [(0..<48, 0..<33), (5..<9, 20..<33), (47..<48, 0..<1)] {
        let (tile, own) = map.part(of: size, columns: columns, rows: rows, targetSize: target)
        #expect(tile.x >= 0 && tile.y >= 0)
        #expect(tile.x + tile.size.width <= size.width && tile.y + tile.size.height <= size.height)
        var part = Pixels(size: tile.size, channels: 1, value: 0)
        for row in 0..<tile.size.height {
          for column in 0..<tile.size.width {
            part.bytes[row * tile.size.width + column] =
              image.bytes[(tile.y + row) * size.width + tile.x + column]
          }
        }
        func draw(_ source: Pixels, _ map: AxisMap) -> PlanarImage {
          var drawn = PlanarImage(size: target, channels: 1)
          source.withView { view in
            drawn.withTarget { resample(view, map: map, into: $0, columns: columns, rows: rows, scratch: scratch) }
          }
          return drawn
        }
        let (whole, cut) = (draw(image, map), draw(part, own))
        for y in 0..<target.height {
          for x in 0..<target.width { #expect(abs(Int(whole[x, y, 0]) - Int(cut[x, y, 0])) <= 1, "\(x), \(y)") }
        }
      }
    }
  }

  /// Compares every pixel inside the rectangle with the reference, and every one outside with the start value.
  func check(_ target: PlanarImage, _ source: PlanarImage, _ map: AxisMap, _ columns: Range<Int>, _ rows: Range<Int>) {
    for channel in 0..<target.channels {
      for y in 0..<target.size.height {
        for x in 0..<target.size.width {
          let value = target[x, y, channel]
          guard columns.contains(x), rows.contains(y) else {
            #expect(value == 7)
            continue
          }
          let expected = SlowReference.resample(source, map, width: target.size.width, x: x, y: y, channel: channel)
          #expect(value == expected.recipe)
          #expect(abs(Double(value) - expected.exact) <= 1)
        }
      }
    }
  }

  @Test("a map onto pixel centres copies, and a flip of the copy is the mirrored copy", arguments: [1, 3])
  func copies(channels: Int) {
    let image = TestImages.noise(PixelSize(width: 33, height: 21), channels: channels, seed: 4)
    var plain = PlanarImage(size: image.size, channels: channels)
    var mirrored = plain
    var map = AxisMap(scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0)
    let scratch = PixelScratch()
    image.withView { view in
      plain.withTarget { resample(view, map: map, into: $0, columns: 0..<33, rows: 0..<21, scratch: scratch) }
      map.flipped = true
      mirrored.withTarget { resample(view, map: map, into: $0, columns: 0..<33, rows: 0..<21, scratch: scratch) }
    }
    #expect(plain == PlanarImage(image))
    plain.withTarget { flipHorizontally($0) }
    #expect(plain == mirrored)
    #expect(plain != PlanarImage(image))
  }

  @Test("an upended map shows the rows of the plain one from below", arguments: [1, 3])
  func upended(channels: Int) {
    let image = TestImages.noise(PixelSize(width: 50, height: 37), channels: channels, seed: 5)
    var map = Self.maps[1]
    var plain = PlanarImage(size: PixelSize(width: 48, height: 33), channels: channels)
    var upended = plain
    let scratch = PixelScratch()
    image.withView { view in
      plain.withTarget { resample(view, map: map, into: $0, columns: 5..<44, rows: 3..<31, scratch: scratch) }
      map.upended = true
      upended.withTarget { resample(view, map: map, into: $0, columns: 5..<44, rows: 2..<30, scratch: scratch) }
    }
    for channel in 0..<channels {
      for y in 0..<33 {
        for x in 0..<48 { #expect(upended[x, y, channel] == plain[x, 32 - y, channel]) }
      }
    }
    #expect(upended != plain)
  }

  @Test("an empty rectangle writes nothing")
  func emptyRectangle() {
    let image = TestImages.noise(PixelSize(side: 8), channels: 1, seed: 4)
    var target = PlanarImage(size: PixelSize(side: 8), channels: 1)
    image.withView { view in
      target.withTarget {
        resample(view, map: Self.maps[0], into: $0, columns: 4..<4, rows: 0..<8, scratch: PixelScratch())
        resample(view, map: Self.maps[0], into: $0, columns: 0..<8, rows: 8..<8, scratch: PixelScratch())
      }
    }
    #expect(target == PlanarImage(size: PixelSize(side: 8), channels: 1))
  }
}
