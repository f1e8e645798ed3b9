import FeederDatasets

/// The files that a command reads. Output files are checked against them, so that no result overwrites an input.
package enum InputFiles {
  /// The data.yaml, lists, images and labels of a data set, and `more`. Leaves out a split that cannot be read; the
  /// command that reads it reports the error.
  package static func of(_ dataset: Dataset, _ more: String?...) -> [String] {
    let entries = dataset.splits.flatMap { (try? dataset.entries($0)) ?? [] }
    return more.compactMap { $0 } + dataset.describingFiles + entries.flatMap { [$0.imagePath, $0.labelPath] }
  }
}
