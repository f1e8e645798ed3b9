import FeederCore

/// A data set as an importer read it: lists and labels checked, images not opened.
struct ImportedDataset: Sendable {
  /// The folder that holds it.
  let folder: String
  /// The class names; a class is its place in this list.
  let classNames: [String]
  /// The images, sorted by split and name.
  var images: [ImportedImage]
  /// True if the data set itself says which images are `val`.
  let hasOwnVal: Bool
  /// What was met while labels of shares were read; objects in pixels are judged with their images.
  var findings: [Split: DatasetFindings] = [:]

  /// Gives images without a split one: of them, a share that depends on their names becomes `val`.
  mutating func split(valShare: Double) {
    let places = images.indices.filter { images[$0].split == nil }
    guard !places.isEmpty else { return }
    let splits = SplitPolicy.splits(of: places.lazy.map { [images] in images[$0].imageID }, valShare: valShare)
    for (place, split) in zip(places, splits) { images[place].split = split }
    let count = splits.count { $0 == .val }
    if count > 0 { findings[.val, default: DatasetFindings()].notes.append(SplitPolicy.note(count, of: places.count)) }
  }
}

/// One image of a data set that is imported, with its objects as they are written there.
struct ImportedImage: Sendable {
  /// The objects of an image.
  enum Objects: Sendable {
    /// Shares of the image, checked, and how their lines were read.
    case shares([Label], LabelTally)
    /// Boxes in pixels, to be checked against the image's size, and the lines that give none.
    case pixels([ImportedObject], [BadLabelLine])
  }

  /// The split that the data set names; nil if it names none.
  var split: Split?
  /// The image's name in the prepared data set, without ending.
  let imageID: String
  /// The image file.
  let imagePath: String
  /// The file that its objects stand in, for messages.
  let labelPath: String
  /// Its objects.
  let objects: Objects
}

/// An object in pixels of its image, with its `line` in the label file of the image.
struct ImportedObject: Sendable, Equatable {
  /// Counted from 0.
  let classID: Int
  /// Its edges in pixels; not empty.
  let box: Box
  /// The line, or the entry, of the file, counted from 1.
  let line: Int

  /// The labels of objects on an image of `size`. Boxes that reach over the edge are clipped and counted, equal ones are dropped
  /// and counted, and a box whose centre lies outside of the image is a bad line.
  static func labels(
    _ objects: [ImportedObject], size: PixelSize
  ) -> (labels: [Label], tally: LabelTally, badLines: [BadLabelLine]) {
    let (width, height) = (Double(size.width), Double(size.height))
    var labels: [Label] = []
    var known: Set<Label> = []
    var tally = LabelTally()
    var badLines: [BadLabelLine] = []
    for object in objects {
      let box = object.box
      guard (0...2 * width).contains(box.x1 + box.x2), (0...2 * height).contains(box.y1 + box.y2) else {
        badLines.append(
          BadLabelLine(
            line: object.line,
            problem: "has a box from (\(Int(box.x1)), \(Int(box.y1))) to (\(Int(box.x2)), \(Int(box.y2))), whose "
              + "centre is outside of the image of \(size) pixels"))
        continue
      }
      let inside = box.clipped(to: size)
      let label = Label(classID: object.classID, box: inside, size: size)
      if inside != box { tally.clippedCount += 1 }
      if known.insert(label).inserted { labels.append(label) } else { tally.duplicateCount += 1 }
    }
    return (labels, tally, badLines)
  }
}
