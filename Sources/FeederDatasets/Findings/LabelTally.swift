/// How Feeder read the lines of a label file that are not plain boxes inside the image.
package struct LabelTally: Sendable, Equatable {
  /// Boxes that reached over the edge of the image and were clipped.
  package var clippedCount = 0
  /// Outlines that became the boxes around them.
  package var outlineCount = 0
  /// Boxes whose sixth number, a confidence, is not used.
  package var confidenceCount = 0
  /// Boxes whose key points are not used.
  package var keyPointCount = 0
  /// Lines that gave the class and the box of an earlier line of the file, and were dropped.
  package var duplicateCount = 0

  /// No such line.
  package init() {}
}

/// A line of a label file that gives no object.
struct BadLabelLine: Sendable, Equatable {
  /// The line, counted from 1.
  let line: Int
  /// What is wrong with it, as a predicate: "has 4 values, ...".
  let problem: String

  /// The line as a person reads it.
  func text(_ file: String) -> String { "\(file), line \(line): \(problem)" }
}
