import FeederCodecs
import FeederCore
import FeederImaging
import FeederMetrics

/// Draws several images with their boxes into one picture, row by row, as YOLO tools show batches.
package struct ImageGrid {
  /// A box to draw.
  package struct Mark {
    /// The box in pixels of its image.
    package var box: Box
    /// Class number of the box.
    package var classID: Int
    /// Score of a detection; nil for a label.
    package var score: Double?
    /// Colour of the box.
    package var tone: Tone

    /// A box in pixels of its image.
    package init(box: Box, classID: Int, score: Double? = nil, tone: Tone = .byClass) {
      self.box = box
      self.classID = classID
      self.score = score
      self.tone = tone
    }
  }

  /// Colour of a box: one per class, or green for a hit, red for a missed box, orange for a false call.
  package enum Tone: Sendable {
    case byClass, hit, missed, falseCall
  }

  /// Longest side of the whole picture in pixels.
  package static let largestSide = 1920
  /// Longest side of one tile in pixels.
  package static let largestTile = 640
  /// Most images in a grid.
  package static let mostImages = 16

  private let columns: Int
  private let tile: Int
  private let names: PictureNames
  private var canvas: Canvas
  private var count = 0
  private let scratch = PixelScratch()

  /// An empty grid for `count` images, 1 to 16.
  package init(count: Int, classNames: [String]) {
    precondition((1...Self.mostImages).contains(count), "a grid shows 1 to 16 images")
    columns = Int(Double(count).squareRoot().rounded(.up))
    let rows = (count + columns - 1) / columns
    tile = min(Self.largestSide / columns, Self.largestTile)
    names = PictureNames(classNames)
    canvas = Canvas(Pixels(size: PixelSize(width: columns * tile, height: rows * tile), channels: 3, value: 255))
  }

  /// Adds an image of any size with its boxes and a title. It is scaled to fit its tile.
  package mutating func add(_ image: ImageView, marks: [Mark], title: String) {
    let side = tile - 2
    let geometry = Letterbox(source: image.size, target: PixelSize(width: side, height: side))
    let (left, top) = (count % columns * tile + 1, count / columns * tile + 1)
    canvas.place(scaled(image, geometry), left: left, top: top)
    for mark in marks.sorted(by: { ($0.score ?? 1) < ($1.score ?? 1) }) { draw(mark, geometry, left, top) }
    // A letter is about two thirds as wide as high.
    let room = tile * 3 / (2 * AnnotatedImage.smallestLetters)
    label(title.shortened(to: room), above: top, or: top, left: left, .black)
    count += 1
  }

  /// The picture as a JPEG. Throws `ImagingError` if the encoder fails.
  package func jpeg(_ encoder: JPEGEncoder, quality: Int = 85) throws -> [UInt8] {
    try canvas.pixels.withView { try encoder.encode($0, quality: quality) }
  }

  /// Size of the picture in pixels.
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

  /// The image at the size of its tile, 3 channels.
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
