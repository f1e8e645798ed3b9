import FeederCore
import Foundation

/// One image of a source with its objects, as they are written there.
struct SourceItem: Sendable {
  /// The objects of an image.
  enum Objects: Sendable {
    /// Shares of the image, checked, and how their lines were read.
    case shares([Label], LabelTally)
    /// Corners in pixels, to be checked against the image's size, and the lines that give none.
    case corners([DeepPCB.Object], [BadLabelLine])
  }

  let split: Split
  /// The image's name in the prepared data set, without ending.
  let imageID: String
  let imagePath: String
  let labelPath: String
  let objects: Objects
}

/// A data set as it lies before it is prepared: its lists and labels read and checked, its images not yet.
package struct PreparationSource: Sendable {
  /// What it was read as.
  package let format: SourceFormat
  /// The folder that holds it.
  package let folder: String
  /// The class names; a class is its place in this list.
  package let classNames: [String]
  /// The splits that it has, in the order of `Split`.
  package let splits: [Split]
  /// True if the source itself says which images are `val`.
  package let hasOwnVal: Bool
  let items: [SourceItem]
  /// What Feeder met while it read the labels of shares; corners are judged with their images.
  let findings: [Split: DatasetFindings]
  /// True if bad label lines are left out instead of refused.
  let skipsBadLabels: Bool

  /// How many images it has.
  package var imageCount: Int { items.count }

  /// Reads lists and labels of `source`, in `format` or the one it looks like. `skipsBadLabels` leaves bad label lines out instead
  /// of refusing them; `valShare` is the share of the training images that becomes `val` if the source has no `val`. Throws
  /// `DatasetError` naming the file, the line and what is wrong.
  package static func read(
    _ source: String, format: SourceFormat? = nil, skipsBadLabels: Bool = false,
    valShare: Double = Dataset.defaultValShare
  ) throws -> PreparationSource {
    switch try format ?? SourceFormat.detect(source) {
    case .deeppcb: try deepPCB(source, skipsBadLabels)
    case .yolo: try yolo(source, skipsBadLabels, valShare)
    }
  }

  private static func deepPCB(_ source: String, _ skipsBadLabels: Bool) throws -> PreparationSource {
    let folder = URL(filePath: source).absoluteURL.standardizedFileURL.path
    return PreparationSource(
      format: .deeppcb, folder: folder, classNames: DeepPCB.classNames, splits: [.train, .val],
      hasOwnVal: true, items: try DeepPCB.items(folder), findings: [:], skipsBadLabels: skipsBadLabels)
  }

  private static func yolo(_ source: String, _ skipsBadLabels: Bool, _ valShare: Double) throws -> PreparationSource {
    let dataset = try Dataset.open(source, skipsBadLabels: skipsBadLabels, valShare: valShare)
    var items: [SourceItem] = []
    var findings: [Split: DatasetFindings] = [:]
    var splits: [Split] = []
    for split in dataset.splits {
      // Too few images for a share of them: they are all for training.
      if split == .val, dataset.valShare > 0, try dataset.contents(of: split).entries.isEmpty { continue }
      let contents = try dataset.read(split)
      splits.append(split)
      findings[split] = contents.findings
      items += contents.entries.map { entry in
        SourceItem(
          split: split, imageID: entry.imageID, imagePath: entry.imagePath, labelPath: entry.labelPath,
          objects: .shares(entry.labels, entry.tally))
      }
    }
    if !splits.contains(.val) {
      findings[.train]?.notes.append("no image is left for 'val'; the data set has no such split")
    }
    if let problem = dataset.problem(of: .test) { findings[.train]?.notes.append("'test' is left out: \(problem)") }
    return PreparationSource(
      format: .yolo, folder: dataset.root.path, classNames: dataset.classNames, splits: splits,
      hasOwnVal: dataset.valShare == 0 && splits.contains(.val), items: items, findings: findings,
      skipsBadLabels: skipsBadLabels)
  }
}
