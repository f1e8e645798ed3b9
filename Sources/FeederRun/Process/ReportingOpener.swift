import FeederCache
import FeederDatasets

extension SourceOpener {
  /// An opener whose lines and progress go to stderr.
  package convenience init(reporting dataset: Dataset, _ options: SourceOptions) {
    self.init(dataset, options, say: { Terminal.say($0) }) { title, total in
      let bar = ProgressBar(title, total: total, unit: "images")
      return { bar.advance() }
    }
  }
}
