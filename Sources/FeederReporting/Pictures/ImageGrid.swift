import FeederCore
import FeederImaging
import FeederMetrics

/// Several images with their boxes in one picture, row by row, as YOLO tools show batches.
package struct ImageGrid {
  /// A box to draw; `score` is nil for one that is really there.
  package struct Mark {
    package var box: Box
    package var classID: Int
    package var score: Double?
    package var tone: Tone

    /// A box in pixels of its image.
    package init(box: Box, classID: Int, score: Double? = nil, tone: Tone = .byClass) {
      self.box = box
      self.classID = classID
      self.score = score
      self.tone = tone
    }
  }

  /// How a box is coloured: by its class, or green where a claim is right, red where a box is missed, orange where a claim is false.
  package enum Tone: Sendable {
    case byClass, hit, missed, falseCall
  }

  /// Sides of the whole picture and of a tile in pixels at most.
  package static let largestSide = 1920
  package static let largestTile = 640
  /// Images that a grid shows at most.
  package static let mostImages = 16

  private let columns: Int
  private let tile: Int
  private let names: PictureNames
  private var canvas: Canvas
  private var count = 0
  private let scratch = PixelScratch()

  /// An empty grid with room for `count` images, 1 to 16.
  package init(count: Int, classNames: [String]) {
    precondition((1...Self.mostImages).contains(count), "a grid shows 1 to 16 images")
    columns = Int(Double(count).squareRoot().rounded(.up))
    let rows = (count + columns - 1) / columns
    tile = min(Self.largestSide / columns, Self.largestTile)
    names = PictureNames(classNames)
    canvas = Canvas(Pixels(size: PixelSize(width: columns * tile, height: rows * tile), channels: 3, value: 255))
  }

  /// Adds an image of any size with its boxes and a title; it is scaled into its tile.
  package mutating func add(_ image: ImageView, marks: [Mark], title: String) {
    let side = tile - 2
    let geometry = Letterbox(source: image.size, target: PixelSize(width: side, height: side))
    let (left, top) = (count % columns * tile + 1, count / columns * tile + 1)
    canvas.place(scaled(image, geometry), left: left, top: top)
    for mark in marks.sorted(by: { ($0.score ?? 1) < ($1.score ?? 1) }) { draw(mark, geometry, left, top) }
    // A letter takes about two thirds of its height.
    let room = tile * 3 / (2 * AnnotatedImage.smallestLetters)
    label(title.shortened(to: room), above: top, or: top, left: left, .black)
    count += 1
  }

  /// The picture as a JPEG.
  package func jpeg(_ encoder: JPEGEncoder, quality: Int = 85) throws -> [UInt8] {
    try canvas.pixels.withView { try encoder.encode($0, quality: quality) }
  }

  /// The picture's size.
  package var size: PixelSize { canvas.pixels.size }

  private mutating func draw(_ mark: Mark, _ geometry: Letterbox, _ left: Int, _ top: Int) {
    let box = mark.box
    guard box.x1.isFinite, box.y1.isFinite, box.x2.isFinite, box.y2.isFinite else { return }
    let place = geometry.toTarget(box.clipped(to: geometry.source))
    guard place.width > 0, place.height > 0 else { return }
    let color = Color(mark)
    let (x1, y1) = (left + Int(place.x1), top + Int(place.y1))
    let (x2, y2) = (left + Int(place.x2.rounded(.up)), top + Int(place.y2.rounded(.up)))
    canvas.frame(x1, y1, x2, y2, thickness: 1, color)
    let score = mark.score.map { " " + AnnotatedImage.twoDigits($0) } ?? ""
    let prefix = mark.tone == .missed ? "missed " : mark.tone == .falseCall ? "false " : ""
    label(prefix + names[mark.classID] + score, above: y1, or: y2, left: x1, color)
  }

  private mutating func label(_ text: String, above: Int, or below: Int, left: Int, _ color: Color) {
    canvas.label(
      text, above: above, or: below, left: left, size: AnnotatedImage.smallestLetters, gap: 1, color)
  }

  /// The image in its tile, three channels.
  private func scaled(_ image: ImageView, _ geometry: Letterbox) -> Pixels {
    let size = geometry.target
    let count = size.width * size.height
    var planes = [UInt8](repeating: 0, count: count * image.channels)
    planes.withUnsafeMutableBytes {
      letterbox(
        image, geometry: geometry, into: PlanarTarget($0, size: size, channels: image.channels), scratch: scratch)
    }
    var bytes = [UInt8](repeating: 0, count: count * 3)
    for channel in 0..<3 {
      let plane = image.channels == 3 ? channel * count : 0
      for index in 0..<count { bytes[index * 3 + channel] = planes[plane + index] }
    }
    return Pixels(bytes: bytes, size: size, channels: 3)
  }
}

extension Color {
  fileprivate init(_ mark: ImageGrid.Mark) {
    switch mark.tone {
    case .byClass: self.init(classID: mark.classID)
    case .hit: self.init(red: 60, green: 200, blue: 90)
    case .missed: self.init(red: 240, green: 60, blue: 60)
    case .falseCall: self.init(red: 250, green: 160, blue: 40)
    }
  }
}
