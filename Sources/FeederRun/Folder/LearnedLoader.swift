import FeederCache
import FeederDatasets
import FeederLoader
import FeederProfiling
import FeederTraining

extension RunPlan {
  /// The file that keeps the workers and the prefetch depth which the tuner found. The next run of the same kind starts
  /// with them: same data set, cache form, machine, device, model, precision and batch.
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
