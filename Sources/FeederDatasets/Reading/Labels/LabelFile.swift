import FeederCore
import Foundation

/// A YOLO label file: an object per line, `class cx cy w h` with the box in shares of the image, or `class x y x y x y ...`, an
/// outline. Blank lines, any line end and a byte order mark are allowed.
struct LabelFile {
  /// The objects in the file's order, boxes inside the image, none twice.
  private(set) var labels: [Label] = []
  /// The lines that are not plain boxes inside the image.
  private(set) var tally = LabelTally()
  /// The lines that give no object.
  private(set) var badLines: [BadLabelLine] = []

  /// How a data set writes its labels.
  struct Style: Sendable {
    /// Classes of the data set.
    let classCount: Int
    /// True if key points follow the box, as data.yaml's `kpt_shape` says.
    var hasKeyPoints = false
  }

  /// 4 MiB: some hundred thousand boxes, far beyond any image.
  private static let largestFile = 4 << 20
  /// A box that reaches over the edge by less has six printed digits, rounded; it stays as it is.
  static let rounding = 1e-6

  /// Reads the file; a missing one means no objects, and a link to nothing is none of them. Throws `DatasetError`.
  init(path: String, style: Style) throws {
    let isMissing = !PathText.exists(path) && errno == ENOENT
    let bytes = isMissing ? [] : try FileBytes.read(path, limit: Self.largestFile)
    guard !TextBytes.isUTF16(bytes) else {
      throw DatasetError.source(file: path, line: nil, problem: "is UTF-16; save it as UTF-8")
    }
    self.init(bytes, style: style)
  }

  /// Reads the bytes of a file.
  init(_ bytes: [UInt8], style: Style) {
    for (index, line) in TextBytes.lines(bytes.dropFirst(TextBytes.markCount(bytes))).enumerated() {
      let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      if words.isEmpty { continue }
      do {
        try append(words, style: style)
      } catch {
        badLines.append(BadLabelLine(line: index + 1, problem: error.text))
      }
    }
  }

  private struct Problem: Error { let text: String }

  private mutating func append(_ words: [ArraySlice<UInt8>], style: Style) throws(Problem) {
    let isOutline = words.count >= 7 && !style.hasKeyPoints
    guard words.count >= 5, !isOutline || words.count % 2 == 1 else {
      throw Problem(
        text: "has \(words.count) \(words.count == 1 ? "value" : "values"), not 5 (class, centre x, centre y, width, "
          + "height), nor a class and the x and y of 3 points or more")
    }
    var numbers: [Double] = []
    numbers.reserveCapacity(words.count)
    for word in words { numbers.append(try Self.number(word)) }
    guard let classID = Int(exactly: numbers[0]) else {
      throw Problem(text: "has the class \(numbers[0]), which is not a whole number")
    }
    guard (0..<style.classCount).contains(classID) else {
      throw Problem(
        text: "has the class \(classID), but the data set has \(style.classCount) (0 to \(style.classCount - 1))")
    }
    let (label, isClipped) =
      isOutline ? try Self.outline(classID, numbers.dropFirst()) : try Self.box(classID, numbers)
    if words.count == 6 && !style.hasKeyPoints {
      guard (0...1).contains(numbers[5]) else {
        throw Problem(text: "has a sixth number, \(numbers[5]), which is no confidence (0 to 1)")
      }
      tally.confidenceCount += 1
    }
    if isOutline { tally.outlineCount += 1 }
    if style.hasKeyPoints && words.count > 5 { tally.keyPointCount += 1 }
    if isClipped { tally.clippedCount += 1 }
    if isKnown(label) { tally.duplicateCount += 1 } else { labels.append(label) }
  }

  /// The labels so far by their centre, once they are too many to look at one by one.
  private var known: [Int: [Label]] = [:]
  private var knownCount = 0
  /// Numbers nearer than that are one number: a box and the outline of the same box differ in the last bits.
  private static let tolerance = 1e-9

  /// True if the file holds this label already.
  private mutating func isKnown(_ label: Label) -> Bool {
    if labels.count < 32 { return labels.contains { Self.isSame($0, label) } }
    func cell(_ x: Double) -> Int { Int(x * 1e6) }
    for label in labels[knownCount...] { known[cell(label.centerX), default: []].append(label) }
    knownCount = labels.count
    let cells = Set([cell(label.centerX - Self.tolerance), cell(label.centerX + Self.tolerance)])
    return cells.contains { known[$0]?.contains { Self.isSame($0, label) } == true }
  }

  private static func isSame(_ left: Label, _ right: Label) -> Bool {
    func isNear(_ number: KeyPath<Label, Double>) -> Bool {
      abs(left[keyPath: number] - right[keyPath: number]) <= tolerance
    }
    return left.classID == right.classID && isNear(\.centerX) && isNear(\.centerY) && isNear(\.width)
      && isNear(\.height)
  }

  /// A word as a finite number, whatever the locale.
  private static func number(_ word: ArraySlice<UInt8>) throws(Problem) -> Double {
    let text = String(decoding: word, as: UTF8.self)
    // Swift also reads hexadecimal, "nan" and "infinity"; a label has none of them.
    let isPlain = word.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || [0x2B, 0x2D, 0x2E, 0x65, 0x45].contains(byte)
    }
    guard isPlain, let value = Double(text), value.isFinite else {
      let advice = text.contains(",") ? "; write decimal points, not commas" : ""
      throw Problem(text: "has '\(text.prefix(40))', which is not a finite number\(advice)")
    }
    return value
  }

  /// The label of `class cx cy w h`, clipped to the image.
  private static func box(_ classID: Int, _ numbers: [Double]) throws(Problem) -> (label: Label, isClipped: Bool) {
    let label = Label(
      classID: classID, centerX: numbers[1], centerY: numbers[2], width: numbers[3], height: numbers[4])
    guard label.width > 0, label.height > 0 else {
      throw Problem(text: "has a box of width \(label.width) and height \(label.height); both must be above 0")
    }
    guard label.width <= 1 + rounding, label.height <= 1 + rounding else {
      throw Problem(
        text: "has a box of width \(label.width) and height \(label.height); both are shares of the image, at most 1")
    }
    guard (0...1).contains(label.centerX), (0...1).contains(label.centerY) else {
      throw Problem(
        text: "has the centre (\(label.centerX), \(label.centerY)), outside of the image; shares run from 0 to 1")
    }
    let box = label.box(in: PixelSize(side: 1))
    return try overshoot(box) > rounding ? (clipped(classID, box), true) : (label, false)
  }

  /// The label of the box around the points `x y x y ...`, clipped to the image.
  private static func outline(
    _ classID: Int, _ points: ArraySlice<Double>
  ) throws(Problem) -> (label: Label, isClipped: Bool) {
    var box = Box(x1: .infinity, y1: .infinity, x2: -.infinity, y2: -.infinity)
    for x in points.indices where (x - points.startIndex) % 2 == 0 {
      (box.x1, box.x2) = (min(box.x1, points[x]), max(box.x2, points[x]))
      (box.y1, box.y2) = (min(box.y1, points[x + 1]), max(box.y2, points[x + 1]))
    }
    let label = Label(classID: classID, box: box, size: PixelSize(side: 1))
    guard label.width > 0, label.height > 0 else {
      throw Problem(text: "has an outline without area: all points have one x or one y")
    }
    // The farthest that a box with its centre in the image reaches.
    guard [box.x1, box.y1, box.x2, box.y2].allSatisfy((-0.5...1.5).contains), (0...1).contains(label.centerX),
      (0...1).contains(label.centerY)
    else {
      throw Problem(
        text: "has an outline from (\(box.x1), \(box.y1)) to (\(box.x2), \(box.y2)), outside of the image; shares run "
          + "from 0 to 1")
    }
    return try (clipped(classID, box), overshoot(box) > rounding)
  }

  /// How far a box reaches over the edge of the image, at the most.
  private static func overshoot(_ box: Box) -> Double { max(-box.x1, -box.y1, box.x2 - 1, box.y2 - 1) }

  /// The part of a box inside of the image, which must have an area: else it could not be read again.
  private static func clipped(_ classID: Int, _ box: Box) throws(Problem) -> Label {
    let label = Label(classID: classID, box: box.clipped(to: PixelSize(side: 1)), size: PixelSize(side: 1))
    guard label.width > 0, label.height > 0 else { throw Problem(text: "has a box without area inside of the image") }
    return label
  }
}
