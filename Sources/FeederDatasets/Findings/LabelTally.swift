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
  /// Boxes without a part inside of the image, which were left out.
  package var outsideCount = 0

  /// No such line.
  package init() {}
}

/// A line of a label file that gives no object.
package struct BadLabelLine: Sendable, Equatable {
  /// The line, or the entry, counted from 1; 0 for the whole file.
  package let line: Int
  /// What the place is called: "line", "annotation", "shape".
  package let unit: String
  /// What is wrong with it, as a predicate: "has 4 values, ...".
  package let problem: String

  /// A bad line, or the bad entry `line` of a kind called `unit`.
  package init(line: Int, unit: String = "line", problem: String) {
    self.line = line
    self.unit = unit
    self.problem = problem
  }

  /// The line as a person reads it.
  package func text(_ file: String) -> String { (line == 0 ? file : "\(file), \(unit) \(line)") + ": " + problem }
}
