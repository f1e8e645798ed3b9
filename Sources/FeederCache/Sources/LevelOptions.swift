import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging

/// The window for images of more than 8 bits: what the user asks for, what weights were trained with, or what the data set says.
package struct LevelOptions: Sendable, Equatable {
  /// The images that weights were trained on.
  package enum Training: Sendable, Equatable {
    /// Images of 8 bits.
    case bytes
    /// Images of more bits, mapped by this window.
    case levels(LevelWindow)
  }

  /// Black and white that the user gave; nil for auto.
  package var window: LevelWindow?
  /// The curve that the user gave; nil for auto.
  package var curve: LevelWindow.Curve?
  /// The images that the weights in use were trained on; nil if there are no weights, or if they do not say it.
  package var training: Training?

  /// Auto.
  package init() {}

  /// The window and its origin: the one of the user, else of the weights, else of `dataset`, else the full one.
  func resolved(_ dataset: Dataset?) -> (window: LevelWindow, source: SettingLine) {
    var (found, source): (LevelWindow, SettingLine) = (.full, "nothing names another; 'feeder prepare' finds one")
    if let dataset, let own = dataset.window { (found, source) = (own, "\(dataset.configurationURL.path)") }
    if case .levels(let trained) = training { (found, source) = (trained, "the weights were trained with it") }
    if let window { (found, source) = (window.with(found.curve), "\(setting: "window")") }
    if let curve { found = found.with(curve) }
    return (found, source)
  }

  /// The window for images without a data set. `say` gets a line about it. Throws `SettingError` as `check` does.
  package func window(for survey: SourceSurvey, say: (SettingLine) -> Void) throws -> LevelWindow {
    let (window, source) = resolved(nil)
    guard survey.images.contains(where: { $0.header != nil }) else { return window }
    try check(survey.depth, window, in: survey.entries.first?.imagePath ?? "")
    if survey.depth != .bytes { say("window: \(window.words) (\(source))") }
    return window
  }

  /// Throws `SettingError` if images of `depth` in `place` do not fit the weights, or cannot be mapped by `window` alike.
  func check(_ depth: SampleDepth, _ window: LevelWindow, in place: String) throws {
    if depth == .mixed, window != .full {
      throw SettingError(
        "\(place): some images have 8 bits per sample and others more, and a window maps only the others: give \(setting: "window") "
          + "full, or images of one kind")
    }
    switch training {
    case nil: return
    case .bytes where depth != .bytes:
      throw SettingError(
        "\(place): has images of more than 8 bits per sample; the weights were trained on 8 bits: give images of 8 bits, or train "
          + "anew")
    case .levels(let trained) where depth != .levels:
      throw SettingError(
        "\(place): has images of 8 bits per sample; the weights were trained on more (window \(trained.words)): give images as "
          + "they were trained on")
    case .bytes, .levels: return
    }
  }
}
