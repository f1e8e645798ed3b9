import FeederCache
import FeederDatasets
import FeederLoader
import FeederProfiling
import FeederTraining

extension RunPlan {
  /// Where the loader's settings are kept that this run finds and the next one of its kind begins with: the same data set, images
  /// in the same form, machine, device, model, precision and batch.
  package func learnedLoader(_ dataset: Dataset, _ train: OpenedSource, _ options: SourceOptions) -> LearnedSettingFile
  {
    let form = train.file?.recipe.name ?? "files"
    let purpose = [
      Processor().model, "\(CoreLimit.current.usable) cores", "rank of \(place.count)", "\(device)",
      request.model.name,
      precision.rawValue,
      "batch \(batch)", "\(request.imageSize) px", "\(train.source.channels) channels",
      "\(train.source.count) images as \(form)",
    ].joined(separator: ", ")
    return LearnedSettingFile(
      path: CacheFolder(options.cacheFolder).learnedPath(dataset, purpose: purpose), purpose: purpose)
  }
}
