import FeederCore
import Foundation

/// A YOLO label file: five numbers a line, `class cx cy w h`, the box in shares of the image. Blank lines are allowed.
struct LabelFile {
  /// The objects in the file's order, boxes inside the image.
  private(set) var labels: [Label] = []
  /// How many boxes reached out of the image and were clipped.
  private(set) var clippedCount = 0

  /// 4 MiB: some hundred thousand boxes, far beyond any image.
  private static let largestFile = 4 << 20
  /// Out of the image by less is rounding of six printed digits; the label stays as it is.
  static let rounding = 1e-6
  /// Out of the image by up to 1 % of it is clipped and counted; more is an error.
  static let clipping = 0.01

  /// Reads the file; a missing one means no objects. Throws `DatasetError.label` with file, line and what is wrong.
  init(path: String, classCount: Int) throws {
    let isMissing = FileBytes.status(path) == nil && errno == ENOENT
    let bytes = isMissing ? [] : try FileBytes.read(path, limit: Self.largestFile)
    try self.init(bytes, path: path, classCount: classCount)
  }

  /// Reads the bytes of the file `path`.
  init(_ bytes: [UInt8], path: String, classCount: Int) throws {
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
      if words.isEmpty { continue }
      do {
        try append(words, classCount: classCount)
      } catch let problem as Problem {
        throw DatasetError.label(file: path, line: index + 1, problem: problem.text)
      }
    }
  }

  private struct Problem: Error { let text: String }

  private mutating func append(_ words: [ArraySlice<UInt8>], classCount: Int) throws {
    guard words.count == 5 else {
      throw Problem(
        text:
          "has \(words.count) \(words.count == 1 ? "value" : "values"), not 5 (class, centre x, centre y, width, height)"
          + (words.count > 5 ? "; outlines and key points are not read" : ""))
    }
    let numbers = try words.map(Self.number)
    guard let classID = Int(exactly: numbers[0]) else {
      throw Problem(text: "has the class \(numbers[0]), which is not a whole number")
    }
    guard (0..<classCount).contains(classID) else {
      throw Problem(text: "has the class \(classID), but the data set has \(classCount) (0 to \(classCount - 1))")
    }
    let label = Label(
      classID: classID, centerX: numbers[1], centerY: numbers[2], width: numbers[3], height: numbers[4])
    labels.append(try inside(label))
  }

  /// A word as a finite number, whatever the locale.
  private static func number(_ word: ArraySlice<UInt8>) throws -> Double {
    let text = String(decoding: word, as: UTF8.self)
    // Swift also reads hexadecimal, "nan" and "infinity"; a label has none of them.
    let isPlain = word.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || [0x2B, 0x2D, 0x2E, 0x65, 0x45].contains(byte)
    }
    guard isPlain, let value = Double(text), value.isFinite else {
      throw Problem(text: "has '\(text.prefix(40))', which is not a finite number")
    }
    return value
  }

  /// The label with its box inside the image.
  private mutating func inside(_ label: Label) throws -> Label {
    guard label.width > 0, label.height > 0 else {
      throw Problem(text: "has a box of width \(label.width) and height \(label.height); both must be above 0")
    }
    guard label.width <= 1 + Self.rounding, label.height <= 1 + Self.rounding else {
      throw Problem(
        text: "has a box of width \(label.width) and height \(label.height); both are shares of the image, at most 1")
    }
    guard (0...1).contains(label.centerX), (0...1).contains(label.centerY) else {
      throw Problem(
        text: "has the centre (\(label.centerX), \(label.centerY)), outside of the image; shares run from 0 to 1")
    }
    let box = label.box(in: PixelSize(side: 1))
    let overshoot = max(-box.x1, -box.y1, box.x2 - 1, box.y2 - 1)
    guard overshoot > Self.rounding else { return label }
    guard overshoot <= Self.clipping else {
      throw Problem(
        text:
          "has a box from (\(box.x1), \(box.y1)) to (\(box.x2), \(box.y2)), out of the image (0 to 1) by more than 1 %")
    }
    clippedCount += 1
    return Label(classID: label.classID, box: box.clipped(to: PixelSize(side: 1)), size: PixelSize(side: 1))
  }
}
