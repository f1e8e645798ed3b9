/// Everything about a split that a person should know and that did not stop Feeder from reading it.
package struct DatasetFindings: Sendable, Equatable {
  /// Lines of label files that give no object, each with its file and what is wrong.
  package internal(set) var badLines = Sightings()
  /// Label files with bad lines.
  package internal(set) var badFileCount = 0
  /// Boxes that reached over the edge of the image, by label file.
  package internal(set) var clipped = Sightings()
  /// Outlines that became boxes, by label file.
  package internal(set) var outlines = Sightings()
  /// Confidences that were ignored, by label file.
  package internal(set) var confidences = Sightings()
  /// Key points that were ignored, by label file.
  package internal(set) var keyPoints = Sightings()
  /// Label lines that were dropped because an equal one stands before them, by label file.
  package internal(set) var duplicates = Sightings()

  init() {}

  /// Adds what one label file holds. `name` is what a line calls the file.
  mutating func note(_ tally: LabelTally, _ badLines: [BadLabelLine], file: String, name: @autoclosure () -> String) {
    if tally != LabelTally() {
      let name = name()
      if tally.clippedCount > 0 { clipped.note(name, count: tally.clippedCount) }
      if tally.outlineCount > 0 { outlines.note(name, count: tally.outlineCount) }
      if tally.confidenceCount > 0 { confidences.note(name, count: tally.confidenceCount) }
      if tally.keyPointCount > 0 { keyPoints.note(name, count: tally.keyPointCount) }
      if tally.duplicateCount > 0 { duplicates.note(name, count: tally.duplicateCount) }
    }
    if !badLines.isEmpty { badFileCount += 1 }
    for line in badLines { self.badLines.note(line.text(file)) }
  }

  /// Adds the bad lines of another split.
  mutating func addBadLines(of other: DatasetFindings) {
    badLines.add(other.badLines)
    badFileCount += other.badFileCount
  }

  /// The findings in lines for people, each with `title` in front; empty if all is as it should be.
  package func lines(_ title: String) -> [String] {
    func line(_ found: Sightings, _ one: String, _ many: String) -> String? {
      found.isEmpty ? nil : "\(title): \(found.count) \(found.count == 1 ? one : many): \(found.names)"
    }
    return [
      line(
        clipped, "box reaches over the edge of its image and is clipped",
        "boxes reach over the edges of their images and are clipped"),
      line(outlines, "outline is read as the box around it", "outlines are read as the boxes around them"),
      line(
        confidences, "line has a sixth number, a confidence, which is not used",
        "lines have a sixth number, a confidence, which is not used"),
      line(keyPoints, "line has key points, which are not used", "lines have key points, which are not used"),
      line(
        duplicates, "label line stands twice in its file and counts once",
        "label lines stand twice in their files and count once"),
      line(badLines, "bad label line is left out", "bad label lines are left out"),
    ].compactMap { $0 }
  }
}
