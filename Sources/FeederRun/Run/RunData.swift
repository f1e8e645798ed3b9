import FeederCache
import FeederCore
import FeederDatasets
import FeederTraining

/// The images of a run: both splits, opened with the run's settings.
struct RunData {
  let dataset: Dataset
  let train: OpenedSource
  let validation: OpenedSource

  /// Opens both splits. If a machine has several ranks, one of them builds the cache while the others wait. Throws if a
  /// split cannot be opened.
  init(_ dataset: Dataset, _ options: SourceOptions, _ place: RankPlace) throws {
    self.dataset = dataset
    let opener = SourceOpener(reporting: dataset, options)
    func both() throws -> (OpenedSource, OpenedSource) { (try opener.open(.train), try opener.open(.val)) }
    let waits = place.localCount > 1 && options.cache != .none
    (train, validation) = try waits ? CacheFolder(options.cacheFolder).alone(both) : both()
  }

  /// Throws `SettingError` if a split has no box. Prints how many boxes are tiny in the network's input.
  func check(_ plan: RunPlan) throws {
    try dataset.checkBoxes(train: train, validation: validation)
    for (split, opened) in [(Split.train, train), (.val, validation)] {
      opened.source.tinyBoxes(plan.tiling).line(split.rawValue, imageSize: plan.imageSize).map(Terminal.say)
    }
  }

  /// The record of the run's data. Throws if the resumed run started with other data.
  func record(of resumed: RunFolder?) throws -> DataRecord {
    let record = try DataRecord(
      classNames: dataset.classNames, [(split: .train, opened: train), (split: .val, opened: validation)])
    try resumed?.check(
      record, of: dataset,
      advice: "put it back, or begin a new run with --weights \(resumed?.lastWeights.path ?? "")")
    return record
  }
}
