import FeederDatasets

/// A data set as it lies before it is prepared: its lists and labels read and checked, its images not yet.
package struct PreparationSource: Sendable {
  /// What it was read as, in the words of `DatasetImporters.names`.
  package let format: String
  /// Why it was read as that.
  package let reason: String
  /// The splits that it has, in the order of `Split`.
  package let splits: [Split]
  /// Its images, each with a split.
  let items: [(split: Split, image: ImportedImage)]
  /// True if bad label lines are left out instead of refused.
  let skipsBadLabels: Bool
  private let dataset: ImportedDataset
  private let groups: ImageGroups?

  /// The folder that holds it.
  package var folder: String { dataset.folder }
  /// The class names; a class is its place in this list.
  package var classNames: [String] { dataset.classNames }
  /// The splits beside `train` for which the source itself names images.
  package var ownSplits: Set<Split> { dataset.ownSplits }
  /// How many images it has.
  package var imageCount: Int { items.count }
  /// What Feeder met while it read the labels of shares; objects in pixels are judged with their images.
  var findings: [Split: DatasetFindings] { dataset.findings }
  /// What Feeder met and belongs to no split.
  var wholeFindings: DatasetFindings { dataset.wholeFindings }

  /// Reads lists and labels of `source`, in `format` or the one it looks like. `skipsBadLabels` goes on without images that have bad
  /// labels; `rule` says which images become `val` and `test` if the source has no such splits; `imageFolder`, `firstPixelIsOne` and
  /// `classAttribute` are of `ImportSettings`. Throws `DatasetError` naming the file, the line and what is wrong.
  package static func read(
    _ source: String, format: String? = nil, skipsBadLabels: Bool = false, rule: SplitRule = SplitRule(),
    imageFolder: String? = nil, firstPixelIsOne: Bool = false, classAttribute: String? = nil
  ) throws -> PreparationSource {
    let folder = try SourceFolder(source)
    let (importer, reason) = try DatasetImporters.importer(of: folder, named: format)
    let settings = ImportSettings(
      skipsBadLabels: skipsBadLabels, rule: rule, imageFolder: imageFolder, firstPixelIsOne: firstPixelIsOne,
      classAttribute: classAttribute)
    var dataset = try importer.read(folder, settings)
    dataset.split(by: rule)
    return PreparationSource(
      dataset, format: importer.name, reason: reason, skipsBadLabels: skipsBadLabels, groups: rule.groups)
  }

  private init(
    _ dataset: ImportedDataset, format: String, reason: String, skipsBadLabels: Bool, groups: ImageGroups?
  ) {
    self.groups = groups
    self.dataset = dataset
    self.format = format
    self.reason = reason
    self.skipsBadLabels = skipsBadLabels
    items = dataset.images.map { ($0.split ?? .train, $0) }
    let found = Set(items.map(\.split))
    splits = Split.allCases.filter(found.contains)
  }

  /// The groups that have images in more than one split, as `group: split/id, ...` with its first image of each split.
  var groupsAcrossSplits: [String] {
    guard let groups else { return [] }
    var members: [String: [Split: String]] = [:]
    for (name, item) in zip(groups.names(of: items.map(\.image.imageID)).names, items) {
      if members[name]?[item.split] == nil { members[name, default: [:]][item.split] = item.image.imageID }
    }
    return members.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { name, found in
      name + ": " + Split.allCases.compactMap { split in found[split].map { "\(split)/\($0)" } }.joined(separator: ", ")
    }
  }
}
