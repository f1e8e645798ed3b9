import FeederCache
import FeederCore
import FeederDatasets
import FeederLoader

/// Resolves `auto` for given images, by trials before the run begins.
extension RunPlan {
  /// The images of a run, and the byte budget of its loaders.
  package struct Images: Sendable {
    /// The training split.
    package let train: any ImageSource
    /// The validation split.
    package let validation: any ImageSource
    /// Number of classes.
    package let classCount: Int
    /// Bytes that the loaders of this process may take.
    package let loaderBudget: Int

    /// Images of both splits, with `classCount` classes. Their loaders may take `loaderBudget` bytes.
    package init(train: any ImageSource, validation: any ImageSource, classCount: Int, loaderBudget: Int) {
      (self.train, self.validation, self.classCount) = (train, validation, classCount)
      self.loaderBudget = loaderBudget
    }
  }

  /// The plan with a precision and a batch size where the request leaves them to a search. Each rank searches for
  /// itself. If one rank rejects a precision, all do; the smallest batch size counts. `note` gets a line per result.
  ///
  /// Throws `SettingError` if not even one image fits into memory, and `TrainingError.rankLost` if a rank is lost.
  package func found(on images: Images, _ ranks: Ranks?, note: (SettingLine) -> Void) throws -> RunPlan {
    try withPrecision(images, ranks, note).withBatch(images, ranks, note)
  }

  private func withPrecision(_ images: Images, _ ranks: Ranks?, _ note: (SettingLine) -> Void) throws -> RunPlan {
    guard precision == .auto else { return self }
    let (precision, line) = try PrecisionProbe(self, classCount: images.classCount, source: images.train)
      .choose(PrecisionPolicy(.auto, on: device), ranks)
    note(SettingLine("precision: \(line)"))
    return with(precision: precision)
  }

  private func withBatch(_ images: Images, _ ranks: Ranks?, _ note: (SettingLine) -> Void) throws -> RunPlan {
    guard request.batch == nil else { return self }
    let own = with(place: RankPlace(localRank: place.localRank, localCount: place.localCount))
    let choice = try BatchFinder(
      own, classCount: images.classCount, memory: own.memory(images), capacity: memoryCapacity(),
      imageCount: images.train.count
    ).find(note: note)
    note(choice.line)
    return with(
      batch: try (ranks?.least(choice.batch) ?? choice.batch) * place.count, tensorLimit: choice.tensorLimit)
  }

  /// The expected memory of the run. Throws `LoaderError` if the loaders' budget is too small.
  package func memoryPlan(_ images: Images) throws -> MemoryPlan { try memory(images).expected() }

  private func memory(_ images: Images) -> RunMemory {
    RunMemory(
      self, classCount: images.classCount, train: images.train, validation: images.validation,
      loaderBudget: images.loaderBudget)
  }

  /// The settings that decide what the run computes, as text by key. The weights carry them. Paths are not among them.
  package var deciding: [String: String] {
    let settled = settled
    let all = SettingTable.all.filter { $0.mayChange == nil && !$0.isPath }.map { ($0.key, $0.text(settled)) }
    return Dictionary(uniqueKeysWithValues: all).compactMapValues { $0 }
  }
}

extension TrainingRequest {
  /// A request from the texts of `values` by key; other settings have their defaults. Throws `SettingError` for an
  /// unknown key and for a value out of its range.
  package init(_ values: [String: String]) throws {
    for key in values.keys.sorted() where SettingTable.setting(key) == nil {
      throw SettingError("\(key): is not a setting of a run")
    }
    for setting in SettingTable.all { try values[setting.key].map { try setting.read($0, into: &self) } }
    try check()
  }

  /// The requested tiles for `entries`; nil for whole images. `note` gets the decision of auto. Throws if auto cannot read the entries.
  package func tiling(
    for entries: () throws -> [DatasetEntry], imageSize: Int, note: (SettingLine) -> Void
  ) throws -> Tiling? {
    guard tile == .auto else { return tiling }
    let decision = TileDecision(try SourceSurvey(try entries()), imageSize: imageSize)
    note(decision.line)
    return decision.side.map(tiling(side:))
  }
}

extension RunPlan {
  /// The plan with the tiles for the training images of `dataset`. `note` gets the decision of auto. Throws if auto cannot read them.
  package func tiled(for dataset: Dataset, note: (SettingLine) -> Void) throws -> RunPlan {
    with(
      tileSide: try request.tiling(for: { try dataset.entries(.train) }, imageSize: request.imageSize, note: note)?.side
    )
  }

  /// How the run keeps its images. Its loaders and scratch may take `memory` bytes if the request has no number.
  package func sourceOptions(memory: @autoclosure () -> Int) -> SourceOptions {
    var options = SourceOptions(imageSize: request.imageSize, memory: request.memory ?? memory())
    (options.cache, options.cacheFolder, options.channels) = (request.cache, request.cacheFolder, request.channels)
    options.levels = request.levels
    options.tileSide = tiling?.side
    return options
  }
}
