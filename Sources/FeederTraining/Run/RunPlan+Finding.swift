import FeederCache
import FeederCore
import FeederLoader

/// What `auto` means for a run over certain images: found by trials before the run begins.
extension RunPlan {
  /// The images of a run, and the bytes for the loaders that read them.
  package struct Images: Sendable {
    package let train: any ImageSource
    package let validation: any ImageSource
    package let classCount: Int
    /// Bytes of the loaders of this process.
    package let loaderBudget: Int

    /// Images of both splits with `classCount` classes; their loaders may take `loaderBudget` bytes.
    package init(train: any ImageSource, validation: any ImageSource, classCount: Int, loaderBudget: Int) {
      (self.train, self.validation, self.classCount) = (train, validation, classCount)
      self.loaderBudget = loaderBudget
    }
  }

  /// The plan with the precision and the batch that it leaves to a search. Of several ranks each searches for itself: one that objects
  /// to a precision objects for all, and the smallest batch of all counts. `note` gets a line per finding.
  ///
  /// Throws `SettingError` if not even one image fits into memory.
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

  /// What the run will take of memory.
  package func memoryPlan(_ images: Images) throws -> MemoryPlan { try memory(images).expected() }

  private func memory(_ images: Images) -> RunMemory {
    RunMemory(
      self, classCount: images.classCount, train: images.train, validation: images.validation,
      loaderBudget: images.loaderBudget)
  }

  /// The settings that decide what the run computes, as text by key; its weights carry them. A path is none of them.
  package var deciding: [String: String] {
    let settled = settled
    let all = SettingTable.all.filter { $0.mayChange == nil && !$0.isPath }.map { ($0.key, $0.text(settled)) }
    return Dictionary(uniqueKeysWithValues: all).compactMapValues { $0 }
  }
}

extension TrainingRequest {
  /// The request whose settings are the texts of `values` by key; every other setting has its default. Throws `SettingError` for a key
  /// that is none, and for a value that is out of its range.
  package init(_ values: [String: String]) throws {
    for key in values.keys.sorted() where SettingTable.setting(key) == nil {
      throw SettingError("\(key): is no setting of a run")
    }
    for setting in SettingTable.all { try values[setting.key].map { try setting.read($0, into: &self) } }
    try check()
  }

  /// How the run keeps its images; its loaders and scratch may take `memory` bytes if the request names no number.
  package func sourceOptions(memory: @autoclosure () -> Int) -> SourceOptions {
    var options = SourceOptions(imageSize: imageSize, memory: self.memory ?? memory())
    (options.cache, options.cacheFolder, options.channels) = (cache, cacheFolder, channels)
    return options
  }
}
