import FeederDatasets

/// Files that a command reads, for the check that no result is written over one.
package enum InputFiles {
  /// data.yaml, lists, images and labels of a data set, and `more`. What the data set does not give is left to the command that reads it.
  package static func of(_ dataset: Dataset, _ more: String?...) -> [String] {
    let entries = dataset.splits.flatMap { (try? dataset.entries($0)) ?? [] }
    return more.compactMap { $0 } + dataset.describingFiles + entries.flatMap { [$0.imagePath, $0.labelPath] }
  }
}
