import FeederDatasets

extension DataOptions.Split {
  /// The data set's name of this split.
  var split: FeederDatasets.Split {
    switch self {
    case .train: .train
    case .val: .val
    case .test: .test
    }
  }
}
