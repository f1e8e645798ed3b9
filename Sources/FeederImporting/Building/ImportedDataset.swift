import FeederCore
import FeederDatasets

/// A data set as an importer read it: lists and labels checked, images not opened.
struct ImportedDataset: Sendable {
  /// The folder that holds it.
  let folder: String
  /// The class names; a class is its place in this list.
  let classNames: [String]
  /// The images, sorted by split and name.
  var images: [ImportedImage]
  /// The splits beside `train` for which the data set itself names images.
  let ownSplits: Set<Split>
  /// What was met while labels were read, by split; objects in pixels are judged with their images.
  var findings: [Split: DatasetFindings] = [:]
  /// What was met and belongs to no split: what is no box, entries without image, images without label.
  var wholeFindings = DatasetFindings()

  /// Gives images without a split one by `rule`; if all have one, images of `train` become the splits that lack, if the user asked for it.
  mutating func split(by rule: SplitRule) {
    var rule = rule
    var places = images.indices.filter { images[$0].split == nil }
    if places.isEmpty {
      let found = Set(images.map(\.split))
      if found.contains(.val) { rule.valShare = 0 }
      if found.contains(.test) { rule.testShare = 0 }
      guard rule.takesFromTraining else { return noteMissingVal(rule) }
      places = images.indices.filter { images[$0].split == .train }
    }
    let ids = places.map { images[$0].imageID }
    let splits = rule.splits(of: ids)
    for (place, split) in zip(places, splits) { images[place].split = split }
    for split in [Split.val, .test] {
      let chosen = zip(ids, splits).filter { $0.1 == split }.map(\.0)
      guard !chosen.isEmpty else { continue }
      findings[split, default: DatasetFindings()].notes.append(rule.note(split, chosen, of: ids))
    }
    noteMissingVal(rule)
  }

  private mutating func noteMissingVal(_ rule: SplitRule) {
    // A data.yaml was judged when it was read.
    guard rule.valShare > 0, !images.contains(where: { $0.split == .val }), findings[.train] == nil else { return }
    findings[.train, default: DatasetFindings()].notes.append(
      "no image is 'val', which training needs; --val-share 0.2 takes a fifth of 'train' for it")
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
  var imageID: String
  /// The image file.
  let imagePath: String
  /// The file that its objects stand in, for messages.
  let labelPath: String
  /// Which image of the label file it is, counted from 1, if the file holds several.
  var entry: Int?
  /// The size that its objects are written for, if the data set says one; an image of another size is refused.
  var statedSize: PixelSize?
  /// Its objects.
  var objects: Objects

  /// True if a label of it is bad.
  var hasBadLines: Bool {
    if case .pixels(_, let badLines) = objects { !badLines.isEmpty } else { false }
  }
}

/// An object in pixels of its image, with its `line` in the label file of the image.
struct ImportedObject: Sendable, Equatable {
  /// Counted from 0.
  var classID: Int
  /// Its edges in pixels; not empty, and each at most `farthest` from 0.
  let box: Box
  /// The line, or the entry, of the file, counted from 1.
  let line: Int
  /// True if it was no box: a polygon, a mask, an ellipse, a turned box.
  var isOutline = false
  /// True if its edges are shares of the image instead of pixels.
  var isShare = false

  /// The farthest edge that is no mistake, in pixels: some fifteen times the longest side of an image.
  static let farthest = 1_000_000.0

  /// The labels of objects on an image of `size`. Boxes that reach over the edge are clipped and counted, equal ones are dropped
  /// and counted, and so are boxes without a part inside of the image.
  static func labels(_ objects: [ImportedObject], size: PixelSize) -> (labels: [Label], tally: LabelTally) {
    var labels: [Label] = []
    var known: Set<Label> = []
    var tally = LabelTally()
    for object in objects {
      let box = object.isShare ? object.box.scaled(to: size) : object.box
      let inside = box.clipped(to: size)
      guard inside.width > 0, inside.height > 0 else {
        tally.outsideCount += 1
        continue
      }
      let label = Label(classID: object.classID, box: inside, size: size)
      if object.isOutline { tally.outlineCount += 1 }
      if inside != box { tally.clippedCount += 1 }
      if known.insert(label).inserted { labels.append(label) } else { tally.duplicateCount += 1 }
    }
    return (labels, tally)
  }
}

extension Box {
  /// A box of shares in pixels of an image of `size`.
  fileprivate func scaled(to size: PixelSize) -> Box {
    let (width, height) = (Double(size.width), Double(size.height))
    return Box(x1: x1 * width, y1: y1 * height, x2: x2 * width, y2: y2 * height)
  }
}
