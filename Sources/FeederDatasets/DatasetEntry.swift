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
  /// How many of the labels reached out of the image by up to 1 % and were clipped.
  package let clippedCount: Int

  /// An image with its objects.
  package init(imageID: String, imagePath: String, labelPath: String, labels: [Label], clippedCount: Int = 0) {
    self.imageID = imageID
    self.imagePath = imagePath
    self.labelPath = labelPath
    self.labels = labels
    self.clippedCount = clippedCount
  }
}

extension Dataset {
  /// The images of a split with their labels, sorted by `imageID`. Reads every label file and opens no image. Throws
  /// `DatasetError` naming file, line and what is wrong; a split without images is an error.
  package func entries(_ split: Split) throws -> [DatasetEntry] {
    let folder = imageFolder(split)
    let listing = try ImageListing(folder: folder.path)
    guard !listing.images.isEmpty else {
      let others =
        listing.otherImages.isEmpty ? "" : " (\(listing.otherImages.count) images of other kinds are not read)"
      throw DatasetError.images(folder: folder.path, problem: "holds no .jpg or .jpeg files" + others)
    }
    let labelFolder = Self.labelFolder(of: folder) + "/"
    return try listing.images.map { image in
      let labelPath = labelFolder + image.id + ".txt"
      let file = try LabelFile(path: labelPath, classCount: classNames.count)
      return DatasetEntry(
        imageID: image.id, imagePath: image.path, labelPath: labelPath, labels: file.labels,
        clippedCount: file.clippedCount)
    }
  }
}
