import FeederCore
import FeederDatasets
import Synchronization

/// What `--cache` says.
package enum CacheChoice: String, Sendable, CaseIterable {
  /// Pixels where they fit in half of the memory budget, else JPEG bytes.
  case auto
  /// JPEG bytes.
  case jpeg
  /// Pixels.
  case pixels
  /// The source files themselves.
  case none
}

/// Everything that decides how a data set's images are kept.
package struct SourceOptions: Sendable, Equatable {
  /// The form; by default the rule of `CacheChoice.auto`.
  package var cache = CacheChoice.auto
  /// Folder of cache files; nil for the default one.
  package var cacheFolder: String?
  /// Bytes that the run may use; `auto` compares with half of it.
  package var memory: Int
  /// 1 or 3; nil lets `GreyDecision` decide.
  package var channels: Int?
  /// Image size that decoding is fitted to.
  package var imageSize: Int

  /// Options for `imageSize`, everything else as the command line's defaults.
  package init(imageSize: Int, memory: Int = 2 << 30) {
    self.imageSize = imageSize
    self.memory = memory
  }
}

/// A split ready to be read.
package struct OpenedSource: Sendable {
  /// The images.
  package let source: any ImageSource
  /// The same images as the data set lists them.
  package let entries: [DatasetEntry]
  /// The cache file behind it; nil for `--cache none`.
  package let file: CacheFile?
  /// True where the file was built just now.
  package let wasBuilt: Bool
}

/// Opens the splits of a data set in the form that the options ask for, and builds or rebuilds cache files where needed.
///
/// One channel count holds for all splits that one opener opens.
package final class SourceOpener: Sendable {
  /// Called with a title and an image count; what it returns is called once an image, from any thread.
  package typealias Progress = @Sendable (String, Int) -> @Sendable () -> Void

  private struct State {
    var surveys: [Split: SourceSurvey] = [:]
    var channels: Int?
    var automaticChannels = 0
  }

  private let dataset: Dataset
  private let options: SourceOptions
  private let folder: CacheFolder
  private let say: @Sendable (String) -> Void
  private let progress: Progress
  private let state: Mutex<State>

  /// An opener that tells `say` one line for each decision.
  package init(
    _ dataset: Dataset, _ options: SourceOptions, say: @escaping @Sendable (String) -> Void = { _ in },
    progress: @escaping Progress = { _, _ in {} }
  ) {
    self.dataset = dataset
    self.options = options
    folder = CacheFolder(options.cacheFolder)
    self.say = say
    self.progress = progress
    state = Mutex(State(channels: options.channels))
  }

  /// Opens a split; `rebuild` ignores what is there. Throws `DatasetError` and `CacheError`.
  package func open(_ split: Split, rebuild: Bool = false) throws -> OpenedSource {
    let entries = try dataset.entries(split)
    if options.cache == .none {
      let channels = try decideChannels(split, entries)
      let source = DirectSource(try survey(split, entries), channels: channels, imageSize: options.imageSize)
      return OpenedSource(source: source, entries: entries, file: nil, wasBuilt: false)
    }
    if !rebuild, let found = findExisting(split, entries) { return found }
    let channels = try decideChannels(split, entries)
    let survey = try survey(split, entries)
    let pixels = survey.pixelByteCount(channels: channels, imageSize: options.imageSize)
    let form = chooseForm(split, pixelByteCount: pixels)
    let recipe = form == .jpeg ? CacheRecipe.jpeg : .pixels(channels: channels, imageSize: options.imageSize)
    let builder = CacheBuilder(
      dataset, split, survey, recipe: recipe, automaticChannels: state.withLock { $0.automaticChannels },
      folder: folder)
    let file = try builder.build(progress: progress("caching \(split.rawValue) as \(form.rawValue)", entries.count))
    return OpenedSource(source: cache(file, channels), entries: entries, file: file, wasBuilt: true)
  }

  private func cache(_ file: CacheFile, _ channels: Int) -> ImageCache {
    ImageCache(file, channels: channels, imageSize: options.imageSize)
  }

  // MARK: - What is there already

  /// A fresh file that the options allow, without a look at any image.
  private func findExisting(_ split: Split, _ entries: [DatasetEntry]) -> OpenedSource? {
    let decided = state.withLock { $0.channels }
    if options.cache != .jpeg {
      for channels in decided.map({ [$0] }) ?? [1, 3] {
        let recipe = CacheRecipe.pixels(channels: channels, imageSize: options.imageSize)
        guard let file = fresh(split, recipe, entries), decided != nil || file.header.automaticChannels == channels
        else { continue }
        let byteCount = file.recordByteCount
        if options.cache == .auto, byteCount > options.memory / 2 { continue }
        return found(file, channels, entries, pixelByteCount: byteCount)
      }
    }
    guard options.cache != .pixels, let file = fresh(split, .jpeg, entries) else { return nil }
    guard let channels = decided ?? (file.header.automaticChannels == 0 ? nil : file.header.automaticChannels)
    else { return nil }
    let pixels = SourceSurvey.pixelByteCount(
      of: file.items.indices.lazy.compactMap(file.items.size), channels: channels, imageSize: options.imageSize)
    if options.cache == .auto, pixels <= options.memory / 2 { return nil }
    return found(file, channels, entries, pixelByteCount: pixels)
  }

  private func found(
    _ file: CacheFile, _ channels: Int, _ entries: [DatasetEntry], pixelByteCount: Int
  ) -> OpenedSource {
    state.withLock { state in
      if state.channels == nil { state.automaticChannels = channels }
      state.channels = channels
    }
    _ = chooseForm(file.split, pixelByteCount: pixelByteCount)
    return OpenedSource(source: cache(file, channels), entries: entries, file: file, wasBuilt: false)
  }

  /// The file of a recipe where it is whole and its sources are as they were; says why where it is not.
  private func fresh(_ split: Split, _ recipe: CacheRecipe, _ entries: [DatasetEntry]) -> CacheFile? {
    let path = folder.path(dataset, split, recipe, entries)
    guard FileStamp.of(path) != .missing else { return nil }
    do {
      let file = try CacheFile(path: path)
      if let change = file.change(since: entries) {
        say("cache: rebuilding \(split.rawValue): \(change)")
        return nil
      }
      return file
    } catch {
      say("cache: rebuilding \(split.rawValue): \(error)")
      return nil
    }
  }

  // MARK: - Decisions

  private func chooseForm(_ split: Split, pixelByteCount: Int) -> CacheForm {
    guard options.cache == .auto else { return options.cache == .jpeg ? .jpeg : .pixels }
    let limit = options.memory / 2
    let form = pixelByteCount <= limit ? CacheForm.pixels : .jpeg
    say(
      "cache: \(form.rawValue) for \(split.rawValue) (its pixels take \(ByteCount(pixelByteCount)); up to half of the "
        + "\(ByteCount(options.memory)) of --memory they are kept as pixels)")
    return form
  }

  private func decideChannels(_ split: Split, _ entries: [DatasetEntry]) throws -> Int {
    if let channels = state.withLock({ $0.channels }) { return channels }
    let surveys = try Split.allCases.map { each in
      try survey(each, each == split ? entries : dataset.entries(each))
    }
    let decision = try GreyDecision(surveys)
    say(decision.line)
    state.withLock { state in
      state.channels = decision.channels
      state.automaticChannels = decision.channels
    }
    return decision.channels
  }

  private func survey(_ split: Split, _ entries: [DatasetEntry]) throws -> SourceSurvey {
    if let known = state.withLock({ $0.surveys[split] }) { return known }
    let survey = try SourceSurvey(entries)
    state.withLock { $0.surveys[split] = survey }
    return survey
  }
}
