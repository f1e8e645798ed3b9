import FeederDatasets

extension DataOptions.Split {
  /// The same in the data set's words.
  var split: FeederDatasets.Split {
    switch self {
    case .train: .train
    case .val: .val
    case .test: .test
    }
  }
}
