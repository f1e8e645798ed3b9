import FeederCore
import Foundation

/// One image of a split with its objects.
package struct DatasetEntry: Sendable {
  /// The image's path below the split's folder without its ending, `/` between folders; unique over a split.
  package let imageID: String
  /// The image file.
  package let imagePath: String
  /// The label file; it need not exist, which means no objects.
  package let labelPath: String
  /// The objects, in the order of the label file.
  package let labels: [Label]
  /// The lines of the label file that are not plain boxes inside the image.
  package let tally: LabelTally

  /// An image with its objects.
  package init(
    imageID: String, imagePath: String, labelPath: String, labels: [Label], tally: LabelTally = LabelTally()
  ) {
    self.imageID = imageID
    self.imagePath = imagePath
    self.labelPath = labelPath
    self.labels = labels
    self.tally = tally
  }
}

/// The images of a split with their labels, and what a person should know about them.
package struct SplitContents: Sendable {
  /// The images, sorted by `imageID`.
  package let entries: [DatasetEntry]
  /// What Feeder met while it read them.
  package let findings: DatasetFindings
}

extension Dataset {
  /// The images of a split; `read` without its findings.
  package func entries(_ split: Split) throws -> [DatasetEntry] { try read(split).entries }

  /// The images of a split with their labels. Reads every label file and opens no image. Throws `DatasetError`: a split without
  /// images, files that cannot be read, and, unless `skipsBadLabels`, the bad label lines of all splits and label files without an
  /// image if they are more than 1 % of the images.
  package func read(_ split: Split) throws -> SplitContents {
    let contents = try contents(of: split)
    guard !contents.entries.isEmpty else {
      throw DatasetError.images(
        folder: place(of: split),
        problem: "has too few images for a share of '\(split)'; name images for it in a data.yaml")
    }
    guard contents.findings.badLines.isEmpty || skipsBadLabels else {
      // A person corrects all of them at once. Another split that cannot be read has its own line in the next run.
      var bad = DatasetFindings()
      var places: Set<String> = []
      for each in splits {
        // Two splits may name the same images.
        guard places.insert(place(of: each)).inserted || isShared else { continue }
        guard let more = each == split ? contents : try? self.contents(of: each) else { continue }
        bad.addBadLines(of: more.findings)
      }
      throw DatasetError.labels(bad)
    }
    return contents
  }
}
