/// Everything about a split that a person should know and that did not stop Feeder from reading it.
package struct DatasetFindings: Sendable, Equatable {
  /// Lines of label files that give no object, each with its file and what is wrong.
  package var badLines = Sightings()
  /// Label files with bad lines.
  package var badFileCount: Int { badFiles.count }
  private var badFiles: Set<String> = []
  /// Boxes that reached over the edge of the image, by label file.
  package var clipped = Sightings()
  /// Outlines that became boxes, by label file.
  package var outlines = Sightings()
  /// Confidences that were ignored, by label file.
  package var confidences = Sightings()
  /// Key points that were ignored, by label file.
  package var keyPoints = Sightings()
  /// Label lines that were dropped because an equal one stands before them, by label file.
  package var duplicates = Sightings()
  /// Boxes that were left out because no part of them lies inside of their image, by label file.
  package var outside = Sightings()

  /// Entries of label files that are no box to train on, by reason: "crowd", "point", "prediction".
  package var leftOut: [String: Sightings] = [:]
  /// Boxes that are read although something about them is special, by what that is: "difficult".
  package var special: [String: Sightings] = [:]
  /// Images that labels name and that are not there.
  package var missingImages = Sightings()
  /// Images that no label names; they are left out.
  package var unlabelled = Sightings()
  /// Images that were left out because of bad labels.
  package var badImages = Sightings()

  /// Images of kinds that Feeder does not read: their paths, and how a line names them.
  package var otherImages: [String] = []
  /// Files among the images that are neither images nor text.
  package var otherFiles = Sightings()
  /// Images whose names begin with a dot.
  package var hiddenImages = Sightings()
  /// Label files that were matched although their names differ from the names of their images.
  package var renamedLabels = Sightings()
  /// Label files that match no image.
  package var unmatched = Sightings()
  /// Label files that are not read because their images have another.
  package var extraLabels = Sightings()
  /// Folders of images without one label file.
  package var bareFolders = Sightings()
  /// Images that the data set names again.
  package var repeatedImages = Sightings()
  /// Folders that were left out because links lead to them too often.
  package var repeatedFolders = Sightings()
  /// How the split was found, if not as it is described.
  package var notes: [String] = []
  private var otherNames: [String: Sightings] = [:]

  /// No findings.
  package init() {}

  /// Adds what was met when the images were listed.
  mutating func note(_ found: SplitImages, _ notes: [String], shortName: (String) -> String) {
    self.notes += notes + found.notes
    noteOthers(
      found.otherImages, found.otherFiles, found.hiddenImages, found.repeatedFolders, shortName: shortName)
    repeatedImages = found.repeated
  }

  /// Adds the files that are not read.
  mutating func noteOthers(
    _ images: [String], _ files: [String], _ hidden: [String], _ folders: [String], shortName: (String) -> String
  ) {
    otherImages = images
    for path in images {
      let ending = path.utf8.lastIndex(of: UInt8(ascii: ".")).map { path[$0...].lowercased() } ?? ""
      otherNames[ending, default: Sightings()].note(shortName(path))
    }
    for path in files { otherFiles.note(shortName(path)) }
    for path in hidden { hiddenImages.note(shortName(path)) }
    for path in folders { repeatedFolders.note(shortName(path)) }
  }

  /// Adds what was met when labels were matched with images.
  mutating func note(_ matching: LabelMatching) {
    renamedLabels = matching.renamed
    unmatched = matching.unmatched
    extraLabels = matching.extra
    bareFolders = matching.bare
  }

  /// Adds the findings of one label file. Lines call the file `name`.
  package mutating func note(
    _ tally: LabelTally, _ badLines: [BadLabelLine], file: String, name: @autoclosure () -> String
  ) {
    if tally != LabelTally() {
      let name = name()
      if tally.clippedCount > 0 { clipped.note(name, count: tally.clippedCount) }
      if tally.outlineCount > 0 { outlines.note(name, count: tally.outlineCount) }
      if tally.confidenceCount > 0 { confidences.note(name, count: tally.confidenceCount) }
      if tally.keyPointCount > 0 { keyPoints.note(name, count: tally.keyPointCount) }
      if tally.duplicateCount > 0 { duplicates.note(name, count: tally.duplicateCount) }
      if tally.outsideCount > 0 { outside.note(name, count: tally.outsideCount) }
    }
    if !badLines.isEmpty { badFiles.insert(file) }
    for line in badLines { self.badLines.note(line.text(file)) }
  }

  /// Adds a place of a label file that is wrong; `text` says where and what.
  package mutating func noteBad(_ text: @autoclosure () -> String, file: String) {
    badFiles.insert(file)
    badLines.note(text())
  }

  /// Adds the bad lines of another split.
  package mutating func addBadLines(of other: DatasetFindings) {
    badLines.add(other.badLines)
    badFiles.formUnion(other.badFiles)
  }

  /// The findings in lines for people, each with `title` in front; empty if all is as it should be.
  package func lines(_ title: String) -> [String] {
    func line(_ found: Sightings, _ one: String, _ many: String) -> String? {
      found.isEmpty ? nil : "\(title): \(found.count) \(found.count == 1 ? one : many): \(found.names)"
    }
    let others = otherNames.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { ending, found in
      "\(title): \(found.count) \(ending) \(found.count == 1 ? "image is" : "images are") not read (Feeder reads "
        + "\(FileKind.readable)): \(found.names)"
    }
    let found = [
      line(repeatedImages, "image is named again and counts once", "images are named again and count once"),
      line(
        repeatedFolders, "folder is left out because links lead to it again and again",
        "folders are left out because links lead to them again and again"),
      line(otherFiles, "file is not read", "files are not read"),
      line(
        hiddenImages, "image is not read because its name begins with a dot",
        "images are not read because their names begin with a dot"),
      line(
        renamedLabels, "label file is taken although its name differs",
        "label files are taken although their names differ"),
      line(unmatched, "label file matches no image", "label files match no image"),
      line(
        extraLabels, "label file is not read because its image has another",
        "label files are not read because their images have others"),
      line(bareFolders, "folder of images has no label file", "folders of images have no label file"),
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
      line(
        outside, "box lies outside of its image and is left out",
        "boxes lie outside of their images and are left out"),
      line(badLines, "bad label line is left out", "bad label lines are left out"),
    ].compactMap { $0 }
    let counted = special.sorted { $0.key < $1.key }.map { kind, found in
      "\(title): \(found.count) marked as \(kind), read as any box: \(found.names)"
    }
    let left = leftOut.sorted { $0.key < $1.key }.map { reason, found in
      "\(title): \(found.count) left out (\(reason)): \(found.names)"
    }
    let unmatchedImages = [
      line(
        missingImages, "image that labels name is not there and is left out",
        "images that labels name are not there and are left out"),
      line(
        unlabelled, "image is left out because no label names it", "images are left out because no label names them"),
      line(badImages, "image has bad labels and is left out", "images have bad labels and are left out"),
    ].compactMap { $0 }
    return notes.map { "\(title): " + $0 } + others + found + counted + left + unmatchedImages
  }
}
