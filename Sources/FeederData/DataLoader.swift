import FeederCache
import FeederDatasets
import FeederLoader

/// Delivers batches of a data set in the standard YOLO layout: decoded, cached, and letterboxed or augmented. The order
/// depends only on the seed. The loader has its own threads.
///
/// Only one thread at a time may use it. Its deinitialiser stops its threads; batches may outlive it.
public final class DataLoader {
  /// Names of the classes, by class number.
  public let classNames: [String]
  /// Images of the split.
  public let imageCount: Int
  private let loader: Loader

  /// Opens `data`: a data.yaml, or the folder that holds one. Builds the cache if there is none or the images changed.
  ///
  /// Throws an error whose description is one line: the place, the fault, and the remedy.
  public init(_ data: String, _ options: DataOptions = DataOptions()) throws {
    let (sources, settings) = (try options.sourceOptions(), options.loaderSettings)
    try settings.check()
    let dataset = try Dataset.open(data, skipsBadLabels: options.skipsBadLabels)
    let opened = try SourceOpener(dataset, sources).open(options.split.split)
    classNames = dataset.classNames
    imageCount = opened.source.count
    loader = try Loader(source: opened.source, settings: settings)
  }

  /// Batches per epoch. The last one may be partial.
  public var batchCount: Int { loader.batchCount }

  /// Planes per image: 1 (grey) or 3 (red, green, blue).
  public var channels: Int { loader.channels }

  /// Most bytes that batches and the threads' working memory take. Mapped cache files do not count.
  public var plannedBytes: Int { loader.plannedBytes }

  /// Starts `epoch`, counted from 0, and drops what is left of the previous one. `closeMosaic` turns mosaics off.
  public func startEpoch(_ epoch: Int, closeMosaic: Bool = false) {
    loader.startEpoch(max(epoch, 0), closeMosaic: closeMosaic)
  }

  /// Waits for the next batch and returns it. Nil at the end of the epoch and before the first `startEpoch`.
  ///
  /// Throws if a file cannot be read, too many images are damaged, or the caller holds every batch that fits in memory.
  public func nextBatch() throws -> DataBatch? {
    guard let batch = try loader.nextBatch() else { return nil }
    return DataBatch(batch)
  }

  /// Checksum of all pixels and boxes that this epoch has delivered, in order. It depends only on the data, the seed,
  /// the epoch and the options, not on the machine or the number of threads.
  public var streamHash: UInt64 { loader.epochHash }

  /// Seconds that `nextBatch()` has waited so far.
  public var stallSeconds: Double { loader.stallSeconds }

  /// One line per damaged image found so far, with the reason. Such an image is delivered as plain grey without boxes.
  public var damagedImages: [String] { loader.quarantined.map(\.line) }
}
