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

  /// The settings of a user, for every command and library.
  package static let table: [Setting<LevelOptions>] = [
    Setting(
      "window", \.window, windowKind, default: "the window in data.yaml, else full",
      help: "Levels that become black and white in images of more than 8 bits: auto, full or BLACK,WHITE."),
    Setting(
      "curve", \.curve, curveKind, default: "the curve in data.yaml, else linear",
      help: "Curve from black to white in images of more than 8 bits: auto, linear or sqrt."),
  ]

  private static let windowKind = SettingKind<LevelWindow?>(
    "auto, full or BLACK,WHITE, such as 200,3900",
    parse: { text in text.lowercased() == "auto" ? .some(nil) : LevelWindow(text: text.lowercased()).map { $0 } },
    text: { $0?.text })

  private static let curveKind = SettingKind<LevelWindow.Curve?>(
    "auto, linear or sqrt",
    parse: { text in
      text.lowercased() == "auto" ? .some(nil) : LevelWindow.Curve(rawValue: text.lowercased()).map { $0 }
    }, text: { $0?.rawValue })

  /// The options that a user gave as text, with the words of `table`. Throws `SettingError` for other words.
  package init(window: String, curve: String) throws {
    self.init()
    for (setting, text) in zip(Self.table, [window, curve]) { try setting.read(text, into: &self) }
  }

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
