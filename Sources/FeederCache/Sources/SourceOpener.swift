import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging
import Synchronization

/// The values of `--cache`.
package enum CacheChoice: String, Sendable, CaseIterable {
  /// Pixels or encoded bytes, whichever `FormCosts` predicts to be faster here.
  case auto
  /// Encoded bytes: the image files as they are.
  case jpeg
  /// Pixels; in blocks, if the run takes tiles.
  case pixels
  /// No cache file: the source files themselves.
  case none
}

/// All settings that decide the cache form of a data set.
package struct SourceOptions: Sendable, Equatable {
  /// The form, by default chosen by measurement.
  package var cache = CacheChoice.auto
  /// The folder of cache files; nil for the default folder.
  package var cacheFolder: String?
  /// Bytes that the run may use for itself.
  package var memory: Int
  /// Bytes of memory for the run and for cached files together; nil asks `MemoryLimit`.
  package var availableMemory: Int?
  /// Channels, 1 or 3; nil lets `GreyDecision` decide.
  package var channels: Int?
  /// The image size that decoding fits, in pixels.
  package var imageSize: Int
  /// The window of images of more than 8 bits.
  package var levels = LevelOptions()
  /// The longest side of a tile, in pixels; nil for whole images. With tiles, images are decoded in full and
  /// `imageSize` decides nothing.
  package var tileSide: Int?
  /// Most pixels of an image that is read; `ImageLimits.standard` unless the user raises it.
  package var largestImage = ImageLimits.standard.pixelCount

  /// The limits of image files.
  package var limits: ImageLimits { ImageLimits(pixelCount: largestImage) }

  /// The values of `channels`.
  package static let channelCounts = SettingKind<Int>.number("auto, 1 or 3") { $0 == 1 || $0 == 3 }.optional("auto")

  /// Options for `imageSize`, with the command line's defaults for all others.
  package init(imageSize: Int, memory: Int = 2 << 30) {
    self.imageSize = imageSize
    self.memory = memory
  }
}

/// A split that is ready to be read.
package struct OpenedSource: Sendable {
  /// The images.
  package let source: any ImageSource
  /// The same images as the data set lists them, in the same order.
  package let entries: [DatasetEntry]
  /// The cache file that holds the images; nil for `--cache none`.
  package let file: CacheFile?
  /// True if the file was built by this call.
  package let wasBuilt: Bool
  /// The window that maps the levels of images of more than 8 bits.
  package let window: LevelWindow

  /// Drops the images' bytes from the system's memory, so that the next reads come from storage.
  package func dropFromMemory() {
    guard let file else { return entries.forEach { SourceFile.drop($0.imagePath) } }
    SourceFile.drop(file.path)
  }
}

/// Opens the splits of a data set in the requested form, and builds or rebuilds cache files if needed.
///
/// All splits of one opener have the same channel count.
package final class SourceOpener: Sendable {
  /// Called with a title and an image count. The result is called once per image, from any thread.
  package typealias Progress = @Sendable (String, Int) -> @Sendable () -> Void

  private struct State {
    var surveys: [Split: SourceSurvey] = [:]
    /// Splits whose findings were printed.
    var told: Set<Split> = []
    var channels: Int?
    var automaticChannels = 0
    var hasToldWindow = false
    /// The sample depth of the splits that were opened; nil before the first.
    var depth: SampleDepth?
    var hasCheckedDepths = false

    /// Bytes of the cache files opened so far, which take memory from later ones.
    var openedByteCount = 0

    /// True at the first call.
    mutating func noteWindow() -> Bool {
      defer { hasToldWindow = true }
      return !hasToldWindow
    }
  }

  private let dataset: Dataset
  private let options: SourceOptions
  private let folder: CacheFolder
  /// The window of images of more than 8 bits.
  package let window: LevelWindow
  private let windowSource: SettingLine
  private let say: @Sendable (String) -> Void
  private let progress: Progress
  private let measure: FormMeasure
  private let state: Mutex<State>

  /// Measures the costs that decide between forms. The arguments are as in `FormProbe.measure`.
  package typealias FormMeasure =
    @Sendable (
      _ survey: SourceSurvey, _ channels: Int, _ imageSize: Int, _ folder: CacheFolder, _ room: Int
    ) throws -> FormCosts

  /// An opener for `dataset`. It calls `say` with one line per decision, and measures with `measure`.
  package init(
    _ dataset: Dataset, _ options: SourceOptions, say: @escaping @Sendable (String) -> Void = { _ in },
    progress: @escaping Progress = { _, _ in {} },
    measure: @escaping FormMeasure = {
      try FormProbe.measure($0, channels: $1, imageSize: $2, folder: $3, room: $4)
    }
  ) {
    self.dataset = dataset
    self.options = options
    folder = CacheFolder(options.cacheFolder)
    (window, windowSource) = options.levels.resolved(dataset)
    self.say = say
    self.progress = progress
    self.measure = measure
    state = Mutex(State(channels: options.channels))
  }

  /// Opens a split. If `rebuild`, ignores present files and decisions. Throws `DatasetError` if the data set cannot be
  /// read, `CacheError` if a cache file can be neither used nor built.
  package func open(_ split: Split, rebuild: Bool = false) throws -> OpenedSource {
    let opened = try openAny(split, rebuild: rebuild)
    let depth = opened.source.depth
    // Another split may have been opened from an older file.
    let all = state.withLock { state in
      let all = state.depth.map { $0.joined(with: depth) } ?? depth
      state.depth = all
      return all
    }
    try options.levels.check(all, window, in: dataset.place(of: split))
    if depth != .bytes, state.withLock({ $0.noteWindow() }) {
      say("window: \(window.words) (\(windowSource.flags))")
    }
    return opened
  }

  private func openAny(_ split: Split, rebuild: Bool) throws -> OpenedSource {
    let entries = try read(split)
    if options.cache == .none {
      try checkDepths(split, entries)
      let channels = try decideChannels(split, entries)
      let source = DirectSource(
        try survey(split, entries), channels: channels, imageSize: options.imageSize, tileSide: options.tileSide,
        window: window)
      return OpenedSource(source: source, entries: entries, file: nil, wasBuilt: false, window: window)
    }
    let form =
      switch options.cache {
      case .auto:
        try options.tileSide == nil
          ? automaticForm(split, entries, rebuild: rebuild) : automaticTileForm(split, entries, rebuild: rebuild)
      case .jpeg: CacheForm.encoded
      case .pixels, .none: options.tileSide == nil ? CacheForm.pixels : .tiles
      }
    let opened = try open(split, entries, form, rebuild: rebuild)
    state.withLock { $0.openedByteCount += opened.file?.byteCount ?? 0 }
    return opened
  }

  /// The images of a split. Prints the findings of the split once. Throws `DatasetError` if it cannot be read.
  private func read(_ split: Split) throws -> [DatasetEntry] {
    let contents = try dataset.read(split)
    if state.withLock({ $0.told.insert(split).inserted }) { contents.findings.lines(split.rawValue).forEach(say) }
    return contents.entries
  }

  /// Opens the file of one form. Builds it if it is missing or out of date.
  private func open(
    _ split: Split, _ entries: [DatasetEntry], _ form: CacheForm, rebuild: Bool
  ) throws -> OpenedSource {
    if !rebuild, let found = findExisting(split, entries, form) { return found }
    try checkDepths(split, entries)
    let channels = try decideChannels(split, entries)
    let recipe = recipe(form, channels)
    let old = rebuild ? nil : try fileBefore(folder.path(dataset, split, recipe, entries), split, recipe)
    let builder = CacheBuilder(
      dataset, split, try survey(split, entries), recipe: recipe,
      automaticChannels: state.withLock { $0.automaticChannels }, folder: folder, memory: options.memory,
      replacing: old)
    let file = try builder.build(
      progress: progress("caching \(split.rawValue) as \(form.rawValue)", entries.count),
      tookOver: { count in
        if count > 0 {
          say("cache: \(count) of \(entries.count) images of \(split.rawValue) taken over from the file before")
        }
      })
    return OpenedSource(
      source: cache(file, channels, entries), entries: entries, file: file, wasBuilt: true, window: window)
  }

  private func recipe(_ form: CacheForm, _ channels: Int) -> CacheRecipe {
    switch form {
    case .encoded: .encoded
    case .pixels: .pixels(channels: channels, imageSize: options.imageSize, window: window)
    case .tiles: .tiles(channels: channels, window: window)
    }
  }

  /// The intact file at `path`, or else one for another source list that the new file replaces; nil if there is none.
  private func fileBefore(_ path: String, _ split: Split, _ recipe: CacheRecipe) throws -> CacheFile? {
    for old in try [path] + folder.superseded(by: path, of: dataset, split, recipe) {
      if let file = try? CacheFile(path: old) { return file }
    }
    return nil
  }

  private func cache(_ file: CacheFile, _ channels: Int, _ entries: [DatasetEntry]) -> ImageCache {
    ImageCache(
      file, channels: channels, imageSize: options.imageSize, tileSide: options.tileSide, window: window,
      limits: options.limits, fallback: SourceFallback(entries, say: say))
  }

  // MARK: - Existing files

  /// The up-to-date file of a form, found without a look at any image; nil if there is none.
  private func findExisting(_ split: Split, _ entries: [DatasetEntry], _ form: CacheForm) -> OpenedSource? {
    let decided = state.withLock { $0.channels }
    if form == .encoded {
      guard let file = fresh(split, .encoded, entries) else { return nil }
      let own = file.header.automaticChannels == 0 ? nil : file.header.automaticChannels
      return (decided ?? own).map { found(file, $0, entries) }
    }
    for channels in decided.map({ [$0] }) ?? [1, 3] {
      if let file = fresh(split, recipe(form, channels), entries),
        decided != nil || file.header.automaticChannels == channels
      {
        return found(file, channels, entries)
      }
    }
    return nil
  }

  private func found(_ file: CacheFile, _ channels: Int, _ entries: [DatasetEntry]) -> OpenedSource {
    noteChannels(channels)
    return OpenedSource(
      source: cache(file, channels, entries), entries: entries, file: file, wasBuilt: false, window: window)
  }

  /// Notes the channels that an earlier run decided.
  private func noteChannels(_ channels: Int) {
    state.withLock { state in
      if state.channels == nil { state.automaticChannels = channels }
      state.channels = channels
    }
  }

  /// The file of a recipe if it is intact and its sources have not changed. Else nil, and a line says why.
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

  /// The choice of `--cache auto` for a split if it measured now. Stores no decision. `storageBytesPerSecond` replaces
  /// the measured rate and assumes that memory holds no file. Throws as `open`.
  package func decide(
    _ split: Split, storageBytesPerSecond: Double? = nil
  ) throws -> (form: CacheForm, channels: Int, costs: FormCosts) {
    let entries = try read(split)
    let channels = try decideChannels(split, entries)
    let room = storageBytesPerSecond == nil ? self.room : 0
    var costs = try measure(try survey(split, entries), channels, options.imageSize, folder, room)
    costs.storageBytesPerSecond = storageBytesPerSecond ?? costs.storageBytesPerSecond
    try folder.make()
    return (costs.faster(freeByteCount: try folder.freeByteCount()), channels, costs)
  }

  /// Bytes of memory that can hold further cache files.
  private var room: Int {
    let available = options.availableMemory ?? MemoryLimit().available
    return max(available - options.memory - state.withLock { $0.openedByteCount }, 0)
  }

  /// The form for `--cache auto`: an earlier decision if it still holds, else the form that is faster in a new
  /// measurement.
  private func automaticForm(_ split: Split, _ entries: [DatasetEntry], rebuild: Bool) throws -> CacheForm {
    let room = room
    let path = folder.decisionPath(dataset, split, options, entries)
    let known = state.withLock { $0.channels }
    if !rebuild, let decision = FormDecision(path: path), known == nil || known == decision.channels,
      decision.holds(room: room)
    {
      if known == nil { noteChannels(decision.channels) }
      say("cache: \(decision.form.rawValue) for \(split.rawValue), as decided before (\(decision.reason))")
      return decision.form
    }
    try checkDepths(split, entries)
    let channels = try decideChannels(split, entries)
    let costs = try measure(try survey(split, entries), channels, options.imageSize, folder, room)
    try folder.make()
    let form = costs.faster(freeByteCount: try folder.freeByteCount())
    let decision = FormDecision(
      form: form, channels: channels, pixelByteCount: costs.pixelByteCount, room: room, reason: costs.line)
    try decision.write(to: path)
    try folder.removeSupersededDecisions(by: path)
    say("cache: \(form.rawValue) for \(split.rawValue) (\(decision.reason))")
    return form
  }

  /// The form for `--cache auto` with tiles: blocks if they fit on the disk. Every tile of an encoded image would decode all
  /// of it.
  private func automaticTileForm(_ split: Split, _ entries: [DatasetEntry], rebuild: Bool) throws -> CacheForm {
    let reason = "every tile of an encoded image decodes all of it"
    let possible = state.withLock { $0.channels }.map { [$0] } ?? [1, 3]
    if !rebuild,
      possible.contains(where: {
        FileStamp.of(folder.path(dataset, split, recipe(.tiles, $0), entries)) != .missing
      })
    {
      return .tiles
    }
    let channels = try decideChannels(split, entries)
    let sizes = try survey(split, entries).images.compactMap(\.header?.size)
    let byteCount = sizes.reduce(0) { $0 + TiledRecord($1, channels: channels).byteCount }
    try folder.make()
    let free = try folder.freeByteCount()
    guard byteCount <= free else {
      say(
        "cache: jpeg for \(split.rawValue) (\(reason), but tiles of \(ByteCount(byteCount)) do not fit on the disk, "
          + "where \(ByteCount(free)) are free)")
      return .encoded
    }
    say("cache: tiles for \(split.rawValue) (\(reason); \(ByteCount(byteCount)) fit on the disk)")
    return .tiles
  }

  /// Throws `SettingError` before anything is written if the images do not fit the window or the weights. Images to train on and images
  /// to validate on must fit each other.
  private func checkDepths(_ split: Split, _ entries: [DatasetEntry]) throws {
    try options.levels.check(try survey(split, entries).depth, window, in: dataset.place(of: split))
    guard options.levels.training == nil, window != .full,
      state.withLock({ state in
        defer { state.hasCheckedDepths = true }
        return !state.hasCheckedDepths
      })
    else { return }
    let surveys = try [Split.train, .val].filter { $0 == split || dataset.splits.contains($0) }.map { each in
      try survey(each, each == split ? entries : dataset.entries(each))
    }
    let headers = surveys.flatMap { $0.images.map(\.header) }
    try options.levels.check(SampleDepth(headers), window, in: dataset.root.path)
  }

  private func decideChannels(_ split: Split, _ entries: [DatasetEntry]) throws -> Int {
    if let channels = state.withLock({ $0.channels }) { return channels }
    let surveys = try [Split.train, .val].filter(dataset.splits.contains).map { each in
      try survey(each, each == split ? entries : dataset.entries(each))
    }
    let decision = try GreyDecision(surveys, window: window)
    say(decision.line)
    state.withLock { state in
      state.channels = decision.channels
      state.automaticChannels = decision.channels
    }
    return decision.channels
  }

  private func survey(_ split: Split, _ entries: [DatasetEntry]) throws -> SourceSurvey {
    if let known = state.withLock({ $0.surveys[split] }) { return known }
    let survey = try SourceSurvey(entries, limits: options.limits)
    state.withLock { $0.surveys[split] = survey }
    return survey
  }
}
