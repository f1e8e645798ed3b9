/// A data set as it lies before it is prepared: its lists and labels read and checked, its images not yet.
package struct PreparationSource: Sendable {
  /// What it was read as, in the words of `DatasetImporters.names`.
  package let format: String
  /// The splits that it has, in the order of `Split`.
  package let splits: [Split]
  /// Its images, each with a split.
  let items: [(split: Split, image: ImportedImage)]
  /// True if bad label lines are left out instead of refused.
  let skipsBadLabels: Bool
  private let dataset: ImportedDataset

  /// The folder that holds it.
  package var folder: String { dataset.folder }
  /// The class names; a class is its place in this list.
  package var classNames: [String] { dataset.classNames }
  /// True if the source itself says which images are `val`.
  package var hasOwnVal: Bool { dataset.hasOwnVal }
  /// How many images it has.
  package var imageCount: Int { items.count }
  /// What Feeder met while it read the labels of shares; objects in pixels are judged with their images.
  var findings: [Split: DatasetFindings] { dataset.findings }

  /// Reads lists and labels of `source`, in `format` or the one it looks like. `skipsBadLabels` leaves bad label lines out instead
  /// of refusing them; `valShare` is the share of the training images that becomes `val` if the source has no `val`. Throws
  /// `DatasetError` naming the file, the line and what is wrong.
  package static func read(
    _ source: String, format: String? = nil, skipsBadLabels: Bool = false, valShare: Double = Dataset.defaultValShare
  ) throws -> PreparationSource {
    let importer = try DatasetImporters.importer(of: source, named: format)
    var dataset = try importer.read(source, ImportSettings(skipsBadLabels: skipsBadLabels, valShare: valShare))
    dataset.split(valShare: valShare)
    return PreparationSource(dataset, format: importer.name, skipsBadLabels: skipsBadLabels)
  }

  private init(_ dataset: ImportedDataset, format: String, skipsBadLabels: Bool) {
    self.dataset = dataset
    self.format = format
    self.skipsBadLabels = skipsBadLabels
    items = dataset.images.map { ($0.split ?? .train, $0) }
    let found = Set(items.map(\.split))
    splits = Split.allCases.filter(found.contains)
  }
}
