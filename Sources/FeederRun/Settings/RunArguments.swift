import FeederCache
import FeederCore
import FeederDatasets
import FeederDetection
import FeederTorch
import FeederTraining
import Foundation
import Yams

/// The settings of a run as text by key, from a YAML file and from flags; flags win. What args.yaml holds.
package struct RunArguments {
  private var values: [String: String]
  /// The settings that flags gave.
  private let flags: Set<String>
  /// The data that the file names; nil if it names none.
  package private(set) var data: String?

  /// Other words for a key that YOLO users have in their files.
  private static let synonyms = [
    "imgsz": "image_size", "nbs": "nominal_batch", "lr": "lr0", "max_det": "max_detections",
  ]
  /// Keys of args.yaml that say where and not how.
  private static let places = ["data", "out"]
  /// Keys whose `auto` is found once, by trying.
  private static let found = ["batch", "precision"]
  private static let keys: [String] = [
    "model", "epochs", "batch", "image_size", "precision", "device", "ranks", "sync_bn", "memory", "seed",
    "deterministic", "optimizer",
    "lr0", "lrf",
    "momentum", "weight_decay", "warmup_epochs", "warmup_momentum", "warmup_bias_lr", "cos_lr", "nominal_batch",
    "close_mosaic", "patience", "max_detections", "weights", "hsv_h", "hsv_s", "hsv_v", "translate", "scale", "fliplr",
    "flipud", "degrees", "shear", "perspective", "mosaic", "cache", "cache_dir", "channels", "skip_bad_labels",
    "checkpoint_every",
    "stop_after_steps", "engine_threads", "workers", "prefetch", "plots", "tensorboard",
  ]

  /// Keys whose value is a path. args.yaml holds whole paths, so it can be read from every folder.
  private static let paths = ["weights", "cache_dir"]

  /// Settings from `flags` over those of the YAML file at `path`. A key of the file that has no effect is told to `warn`.
  /// If the run goes on, the file must be whole, and `auto` keeps what was found when the run began.
  package init(
    flags: [String: String], file path: String? = nil, goesOn: Bool = false, warn: (String) -> Void = Terminal.say
  ) throws {
    values = [:]
    self.flags = Set(flags.keys)
    if let path {
      let file = try SettingsFile(path)
      if goesOn { try file.checkWhole() }
      for (key, value) in file.settings {
        let name = key.replacing("-", with: "_")
        let known = Self.synonyms[name] ?? name
        if Self.keys.contains(known) {
          guard let value else { throw CommandError("\(path): the setting '\(key)' is not a single value") }
          values[known] = value
        } else if known == "data" {
          data = value
        } else if !Self.places.contains(known) {
          warn("\(path): '\(key)' has no effect here")
        }
      }
    }
    for (key, flag) in flags {
      let isFound = goesOn && Self.found.contains(key) && values[key] != nil && flag.lowercased() == "auto"
      if !isFound { values[key] = flag }
    }
    for key in Self.paths { values[key] = values[key].map(Self.wholePath) }
  }

  /// A path from the root on.
  static func wholePath(_ path: String) -> String { URL(filePath: path).absoluteURL.standardizedFileURL.path }

  // MARK: - Reading values

  private func number<T: LosslessStringConvertible>(_ key: String, _ keep: inout T) throws {
    guard let text = values[key] else { return }
    guard let value = T(text) ?? T(text.lowercased()) else { throw CommandError(SettingBounds.refusal(key, text)) }
    keep = value
  }

  private func choice<T: RawRepresentable & CaseIterable>(_ key: String, _ keep: inout T) throws
  where T.RawValue == String {
    guard let text = values[key] else { return }
    guard let value = T(rawValue: text.lowercased()) else {
      throw CommandError("\(flag(key)) \(text): give one of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    keep = value
  }

  /// The flag of a key.
  static func flag(_ key: String) -> String { "--" + key.replacing("_", with: "-") }

  private func flag(_ key: String) -> String { Self.flag(key) }

  /// Names of the devices, one a rank of this machine.
  private var devices: [String] {
    (values["device"] ?? "auto").split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }

  /// Ranks that this machine shall run.
  package func rankCount() throws -> Int {
    var count = max(devices.count, 1)
    try number("ranks", &count)
    guard (1...256).contains(count) else { throw CommandError(SettingBounds.refusal("ranks", "\(count)")) }
    guard devices.count <= 1 || count == devices.count else {
      throw CommandError("--ranks \(count) and \(devices.count) devices: leave --ranks away, it is one for each device")
    }
    return count
  }

  /// The device of a rank of this machine: of several the one at its place, of CUDA devices that nobody named the one of its number.
  private func device(of place: RankPlace) throws -> Device {
    if devices.count > 1 { return try DeviceChoice.device(devices[place.localRank % devices.count]) }
    let name = devices.first ?? "auto"
    if place.localCount > 1, name == "auto", Engine.cudaDeviceCount > 0 {
      return try DeviceChoice.device("cuda:\(place.localRank)")
    }
    return try DeviceChoice.device(name)
  }

  /// The settings of the rank at `place`, every value read and in its range.
  package func settings(_ place: RankPlace = .alone) throws -> TrainingSettings {
    var settings = TrainingSettings()
    settings.place = place
    try number("sync_bn", &settings.syncsNorms)
    if let name = values["model"] {
      guard let design = ModelDesign(named: name) else {
        throw CommandError(ModelDesign.refusal(of: name) + "; weights to start from go to --weights")
      }
      settings.model = design
    }
    try number("epochs", &settings.epochs)
    settings.findsBatch = values["batch"]?.lowercased() == "auto"
    if !settings.findsBatch { try number("batch", &settings.batch) }
    try number("image_size", &settings.imageSize)
    try number("seed", &settings.seed)
    try number("nominal_batch", &settings.nominalBatch)
    try number("close_mosaic", &settings.closeMosaic)
    try number("patience", &settings.patience)
    try number("checkpoint_every", &settings.checkpointEvery)
    try number("stop_after_steps", &settings.stopAfterSteps)
    try number("prefetch", &settings.prefetchDepth)
    try number("lr0", &settings.lr0)
    try number("lrf", &settings.lrf)
    try number("momentum", &settings.momentum)
    try number("weight_decay", &settings.weightDecay)
    try number("warmup_epochs", &settings.warmupEpochs)
    try number("warmup_momentum", &settings.warmupMomentum)
    try number("warmup_bias_lr", &settings.warmupBiasRate)
    try number("cos_lr", &settings.cosine)
    try number("deterministic", &settings.deterministic)
    try number("hsv_h", &settings.augmentation.hsvH)
    try number("hsv_s", &settings.augmentation.hsvS)
    try number("hsv_v", &settings.augmentation.hsvV)
    try number("translate", &settings.augmentation.translate)
    try number("scale", &settings.augmentation.scale)
    try number("fliplr", &settings.augmentation.fliplr)
    try number("flipud", &settings.augmentation.flipud)
    try number("degrees", &settings.augmentation.degrees)
    try number("shear", &settings.augmentation.shear)
    try number("perspective", &settings.augmentation.perspective)
    try number("mosaic", &settings.augmentation.mosaic)
    try choice("precision", &settings.precision)
    try choice("optimizer", &settings.optimizer)
    settings.startWeights = values["weights"]
    settings.device = try device(of: place)
    settings.engineThreads = place.share(of: CoreLimit.current.usable)
    try number("engine_threads", &settings.engineThreads)
    if values["workers"] != nil {
      var workers = 0
      try number("workers", &workers)
      settings.workers = workers
    }
    if values["max_detections"] != nil {
      var maxDetections = 0
      try number("max_detections", &maxDetections)
      settings.maxDetections = maxDetections
    }
    settings.tunesLoader = values["workers"] == nil && values["prefetch"] == nil
    _ = (try plots(), try tensorboard())  // a wrong value is told before any work
    try settings.check()
    return settings
  }

  /// True where the run writes TensorBoard's events.
  package func tensorboard() throws -> Bool {
    var tensorboard = false
    try number("tensorboard", &tensorboard)
    return tensorboard
  }

  /// True where the run draws pictures and a report.
  package func plots() throws -> Bool {
    var plots = true
    try number("plots", &plots)
    return plots
  }

  /// The data set that `data` names, read as the settings say.
  package func dataset(_ data: String) throws -> Dataset {
    var skipsBadLabels = false
    try number("skip_bad_labels", &skipsBadLabels)
    return try Dataset.open(data, skipsBadLabels: skipsBadLabels)
  }

  /// How the images are kept.
  package func sourceOptions(imageSize: Int) throws -> SourceOptions {
    var options = SourceOptions(imageSize: imageSize)
    if let text = values["memory"] {
      guard let memory = ByteCount(text: text), memory.bytes > 0 else {
        throw CommandError(
          ByteCount.isTooLarge(text) ? "--memory \(text): it is too large" : SettingBounds.refusal("memory", text))
      }
      options.memory = memory.bytes
    } else {
      options.memory = DefaultMemory.bytes.bytes
    }
    try choice("cache", &options.cache)
    options.cacheFolder = values["cache_dir"]
    if let text = values["channels"], text != "auto" {
      guard text == "1" || text == "3" else { throw CommandError("--channels \(text): give auto, 1 or 3") }
      options.channels = Int(text)
    }
    return options
  }

  /// The text of args.yaml: every key with its value in this run, and the line that ends a whole file.
  package func yaml(_ settings: TrainingSettings, _ options: SourceOptions, data: String, out: String) throws -> String
  {
    var all: [(String, String)] = [("data", Self.wholePath(data)), ("out", Self.wholePath(out))]
    let merged = values.merging(try resolved(settings, options)) { _, now in now }
    all += Self.keys.compactMap { key in merged[key].map { (key, $0) } }
    all.append((SettingsFile.endKey, SettingsFile.end(all.count)))
    let pairs = all.map { (Node($0.0), Node($0.1, Tag(.implicit), .any)) }
    return try Yams.serialize(node: Node(pairs))
  }

  /// Every value as the rank at `place` reads it, in one way of writing: equal texts are equal settings.
  func values(at place: RankPlace) throws -> [String: String] {
    let settings = try settings(place)
    let options = try sourceOptions(imageSize: settings.imageSize)
    var all = values.merging(try resolved(settings, options)) { _, now in now }
    if settings.findsBatch { all["batch"] = "auto" }
    all["channels"] = options.channels.map { "\($0)" } ?? "auto"
    return all
  }

  /// The settings that decide what the run computes, in one way of writing; its weights carry them. A path is none of them.
  package func deciding(_ settings: TrainingSettings, _ options: SourceOptions) throws -> [String: String] {
    var all = values.merging(try resolved(settings, options)) { _, now in now }
    all["channels"] = options.channels.map { "\($0)" } ?? "auto"
    all["skip_bad_labels"] = values["skip_bad_labels"]?.lowercased() ?? "false"
    all["max_detections"] = settings.maxDetections.map { "\($0)" } ?? "auto"
    return all.filter { ResumeRules.changeable[$0.key] == nil && !Self.paths.contains($0.key) }
  }

  /// The settings that somebody chose: those that flags gave and, if the run begins, those of the file that are not as by default.
  package func chosen(at place: RankPlace, goesOn: Bool) throws -> Set<String> {
    if goesOn { return flags }
    let (own, plain) = (try values(at: place), try RunArguments(flags: [:]).values(at: .alone))
    return flags.union(own.keys.filter { own[$0] != plain[$0] && values[$0] != nil })
  }

  private func resolved(_ settings: TrainingSettings, _ options: SourceOptions) throws -> [String: String] {
    var resolved: [String: String] = [
      "model": settings.model.name, "epochs": "\(settings.epochs)", "batch": "\(settings.batch)",
      "image_size": "\(settings.imageSize)", "precision": settings.precision.rawValue,
      "device": values["device"] ?? "\(settings.device)", "sync_bn": "\(settings.syncsNorms)",
      "memory": "\(options.memory)", "seed": "\(settings.seed)", "deterministic": "\(settings.deterministic)",
      "optimizer": settings.optimizer.rawValue, "lr0": "\(settings.lr0)", "lrf": "\(settings.lrf)",
      "momentum": "\(settings.momentum)", "weight_decay": "\(settings.weightDecay)",
      "warmup_epochs": "\(settings.warmupEpochs)", "warmup_momentum": "\(settings.warmupMomentum)",
      "warmup_bias_lr": "\(settings.warmupBiasRate)", "cos_lr": "\(settings.cosine)",
      "nominal_batch": "\(settings.nominalBatch)", "close_mosaic": "\(settings.closeMosaic)",
      "patience": "\(settings.patience)", "hsv_h": "\(settings.augmentation.hsvH)",
      "hsv_s": "\(settings.augmentation.hsvS)", "hsv_v": "\(settings.augmentation.hsvV)",
      "translate": "\(settings.augmentation.translate)", "scale": "\(settings.augmentation.scale)",
      "fliplr": "\(settings.augmentation.fliplr)", "flipud": "\(settings.augmentation.flipud)",
      "degrees": "\(settings.augmentation.degrees)", "shear": "\(settings.augmentation.shear)",
      "perspective": "\(settings.augmentation.perspective)", "mosaic": "\(settings.augmentation.mosaic)",
      "cache": options.cache.rawValue, "checkpoint_every": "\(settings.checkpointEvery)",
      "stop_after_steps": "\(settings.stopAfterSteps)", "engine_threads": "\(settings.engineThreads)",
      "prefetch": "\(settings.prefetchDepth)", "plots": "\(try plots())",
      "tensorboard": "\(try tensorboard())",
    ]
    // A depth that nobody asked for is not pinned by resuming either.
    if values["prefetch"] == nil { resolved["prefetch"] = nil }
    return resolved
  }
}
