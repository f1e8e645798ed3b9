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
  /// images, files that cannot be read, and, unless `skipsBadLabels`, the bad label lines of all splits.
  package func read(_ split: Split) throws -> SplitContents {
    let contents = try contents(of: split)
    guard contents.findings.badLines.isEmpty || skipsBadLabels else {
      // A person corrects all of them at once. Another split that cannot be read has its own line in the next run.
      var bad = DatasetFindings()
      for each in Split.allCases {
        guard let more = each == split ? contents : try? self.contents(of: each) else { continue }
        bad.addBadLines(of: more.findings)
      }
      throw DatasetError.labels(bad)
    }
    return contents
  }

  private func contents(of split: Split) throws -> SplitContents {
    let folder = imageFolder(split)
    let listing = try ImageListing(folder: folder.path)
    guard !listing.images.isEmpty else {
      let others =
        listing.otherImages.isEmpty ? "" : " (\(listing.otherImages.count) images of other kinds are not read)"
      throw DatasetError.images(folder: folder.path, problem: "holds no .jpg or .jpeg files" + others)
    }
    let labelFolder = Self.labelFolder(of: folder) + "/"
    var findings = DatasetFindings()
    let entries = try listing.images.map { image in
      let labelPath = labelFolder + image.id + ".txt"
      let file = try LabelFile(path: labelPath, style: labelStyle)
      findings.note(file.tally, file.badLines, file: labelPath, name: shortName(labelPath))
      return DatasetEntry(
        imageID: image.id, imagePath: image.path, labelPath: labelPath, labels: file.labels, tally: file.tally)
    }
    return SplitContents(entries: entries, findings: findings)
  }

  /// The path below the data set's folder if it lies there, for lines about a data set that is named elsewhere.
  func shortName(_ path: String) -> String {
    path.hasPrefix(root.path + "/") ? String(path.dropFirst(root.path.count + 1)) : path
  }
}
