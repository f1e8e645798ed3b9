import FeederCache
import FeederCore

/// The values of `--tile` besides off.
package enum TileChoice: Sendable, Hashable {
  /// Tiles if the boards need them (`TileDecision`).
  case auto
  /// Tiles of this side, in pixels of the original.
  case side(Int)

  /// The kind of the setting; nil is off, and has no text.
  package static let kind = SettingKind<TileChoice?>(
    "off, auto or the side of a tile, \(Tiling.sides.lowerBound) to \(Tiling.sides.upperBound) pixels",
    parse: { text in
      switch text.lowercased() {
      case "off": .some(nil)
      case "auto": .auto
      default: Int(text).map { .side($0) }
      }
    },
    text: { choice in
      switch choice {
      case nil: nil
      case .auto: "auto"
      case .side(let side): "\(side)"
      }
    },
    allows: { choice in if case .side(let side) = choice { Tiling.sides.contains(side) } else { true } })
}

/// The decision of `--tile auto` for the images of a split.
package struct TileDecision: Sendable, Equatable {
  /// The side of the tiles, in pixels of the original; nil for whole images.
  package let side: Int?
  /// The decision and its reason, in one line.
  package let line: SettingLine

  /// The median box must be at least so long in the network's input, in pixels.
  private static let leastBox = 8.0
  /// The longer side of an image may be at most so many image sizes.
  private static let mostSizes = 2

  /// Tiles of `imageSize` pixels if the median box of the images, the root of its area, would be under 8 px in the network's input,
  /// or if the median image is longer than twice the image size. `sizes` are the sizes of the images, `boxes` the sides of all boxes,
  /// in pixels of the originals, with the longer side of their image.
  package init(sizes: [PixelSize], boxes: [(side: Double, imageSide: Int)], imageSize: Int) {
    let longer = sizes.map { max($0.width, $0.height) }.sorted()
    let own = boxes.map(\.side).sorted()
    let shrunk = boxes.map { $0.side * Double(imageSize) / Double($0.imageSide) }.sorted()
    guard let longest = longer.isEmpty ? nil : longer[longer.count / 2],
      let typical = sizes.first(where: { max($0.width, $0.height) == longest })
    else {
      (side, line) = (nil, "tile: off (no image has a known size)")
      return
    }
    let boxLine =
      own.isEmpty
      ? ""
      : "; the median box is \(Self.text(shrunk[own.count / 2])) px at \(imageSize) px and \(Self.text(own[own.count / 2])) px in tiles"
    let isSmall = !own.isEmpty && longest > imageSize && shrunk[own.count / 2] < Self.leastBox
    guard isSmall || longest > Self.mostSizes * imageSize else {
      (side, line) = (nil, SettingLine("tile: off (auto: images of \(typical) fit\(boxLine))"))
      return
    }
    side = imageSize
    let tiles = TileGrid(covering: typical, side: imageSize, overlap: Tiling.defaultOverlap).count
    line = SettingLine("tile: \(imageSize) (auto: images of \(typical) are cut in \(tiles) tiles\(boxLine))")
  }

  private static func text(_ length: Double) -> String { "\((length * 10).rounded() / 10)" }

  /// The decision for the images of `survey`.
  package init(_ survey: SourceSurvey, imageSize: Int) {
    let images = survey.sizedEntries
    self.init(
      sizes: images.map(\.size),
      boxes: images.flatMap { image in
        image.labels.map { label in
          let box = label.box(in: image.size)
          return (side: box.area.squareRoot(), imageSide: max(image.size.width, image.size.height))
        }
      }, imageSize: imageSize)
  }
}
