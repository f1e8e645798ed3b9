import FeederCache
import FeederDatasets
import FeederLoader

/// Batches of a data set in the standard YOLO layout: decoded, cached, fitted or augmented, in an order that depends on the
/// seed alone, by threads of its own.
///
/// One thread at a time uses it. Its end stops its threads; batches may outlive it.
public final class DataLoader {
  /// Names of the classes, by class number.
  public let classNames: [String]
  /// Images of the split.
  public let imageCount: Int
  private let loader: Loader

  /// Opens `data`, a data.yaml or the folder that holds one, and builds its cache where there is none or the images changed.
  ///
  /// Throws an error whose description is one line: what is wrong, where, and what to do.
  public init(_ data: String, _ options: DataOptions = DataOptions()) throws {
    let dataset = try Dataset.open(data, skipsBadLabels: options.skipsBadLabels)
    let opened = try SourceOpener(dataset, options.sourceOptions).open(options.split.split)
    classNames = dataset.classNames
    imageCount = opened.source.count
    loader = try Loader(source: opened.source, settings: options.loaderSettings)
  }

  /// Batches of every epoch; the last one may be partial.
  public var batchCount: Int { loader.batchCount }

  /// Planes of every image: 1 (grey) or 3 (red, green, blue).
  public var channels: Int { loader.channels }

  /// Bytes that batches in memory and the threads' working memory take at most; mapped cache files are not counted.
  public var plannedBytes: Int { loader.plannedBytes }

  /// Begins an epoch, counted from 0; what is left of the one before is dropped. `closeMosaic` turns mosaics off.
  public func startEpoch(_ epoch: Int, closeMosaic: Bool = false) {
    loader.startEpoch(max(epoch, 0), closeMosaic: closeMosaic)
  }

  /// The next batch; waits until it is whole. Nil at the end of the epoch, and before the first `startEpoch`.
  ///
  /// Throws where a file cannot be read, too many images are damaged, or the caller holds every batch that fits in memory.
  public func nextBatch() throws -> DataBatch? {
    guard let batch = try loader.nextBatch() else { return nil }
    return DataBatch(batch)
  }

  /// Checksum of everything this epoch delivered, pixels and boxes, in order: equal for equal data, seed, epoch and options,
  /// whatever the machine had to do.
  public var streamHash: UInt64 { loader.epochHash }

  /// Seconds that `nextBatch()` has waited until now.
  public var stallSeconds: Double { loader.stallSeconds }

  /// The damaged images met until now, each with its reason; they count as images of plain grey without boxes.
  public var damagedImages: [String] { loader.quarantined.map(\.line) }
}
