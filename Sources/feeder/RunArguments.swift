import FeederCache
import FeederCore
import FeederDatasets
import FeederDetection
import FeederTorch
import FeederTraining
import Foundation
import Yams

/// The settings of a run as text by key, from a YAML file and from flags; flags win. What args.yaml holds.
struct RunArguments {
  private var values: [String: String]

  /// Other words for a key that YOLO users have in their files.
  private static let synonyms = [
    "imgsz": "image_size", "nbs": "nominal_batch", "lr": "lr0", "max_det": "max_detections",
  ]
  /// Keys of args.yaml that say where and not how.
  private static let places = ["data", "out"]
  /// Keys whose `auto` is found once, by trying.
  private static let found = ["batch", "precision"]
  private static let keys: [String] = [
    "model", "epochs", "batch", "image_size", "precision", "device", "ranks", "sync_bn", "memory", "seed", "optimizer",
    "lr0", "lrf",
    "momentum", "weight_decay", "warmup_epochs", "warmup_momentum", "warmup_bias_lr", "cos_lr", "nominal_batch",
    "close_mosaic", "patience", "max_detections", "weights", "hsv_h", "hsv_s", "hsv_v", "translate", "scale", "fliplr",
    "flipud", "degrees", "shear", "perspective", "mosaic", "cache", "cache_dir", "channels", "skip_bad_labels",
    "checkpoint_every",
    "stop_after_steps", "engine_threads", "workers", "prefetch", "plots", "tensorboard",
  ]

  /// Settings from `flags` over those of the YAML file at `path`. A key of the file that has no effect is told to `warn`.
  /// Of a run that goes on, `auto` keeps what was found when it began.
  init(
    flags: [String: String], file path: String? = nil, goesOn: Bool = false, warn: (String) -> Void = Terminal.say
  ) throws {
    values = [:]
    if let path {
      for (key, value) in try Self.read(path) {
        let name = key.replacing("-", with: "_")
        let known = Self.synonyms[name] ?? name
        if Self.keys.contains(known) {
          guard let value else { throw CommandError("\(path): the setting '\(key)' is not a single value") }
          values[known] = value
        } else if !Self.places.contains(known) {
          warn("\(path): '\(key)' has no effect here")
        }
      }
    }
    for (key, flag) in flags {
      let isFound = goesOn && Self.found.contains(key) && values[key] != nil && flag.lowercased() == "auto"
      if !isFound { values[key] = flag }
    }
  }

  /// Pairs of the file in its order; a value that is a list or a map is nil.
  static func read(_ path: String) throws -> [(key: String, value: String?)] {
    guard let node = try YAMLFile(path).root else { return [] }
    guard let mapping = node.mapping else {
      throw CommandError("\(path): holds no settings; write one `key: value` a line")
    }
    return mapping.map { key, value in (key.scalar?.string ?? "?", value.scalar?.string) }
      .filter { !["", "null", "~"].contains($0.value) }
  }

  // MARK: - Reading values

  private func number<T: LosslessStringConvertible>(_ key: String, _ kind: String, _ keep: inout T) throws {
    guard let text = values[key] else { return }
    guard let value = T(text) ?? T(text.lowercased()) else { throw CommandError("\(flag(key)) \(text): give \(kind)") }
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

  private func flag(_ key: String) -> String { "--" + key.replacing("_", with: "-") }

  /// Names of the devices, one a rank of this machine.
  private var devices: [String] {
    (values["device"] ?? "auto").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// Ranks that this machine shall run.
  func rankCount() throws -> Int {
    var count = max(devices.count, 1)
    try number("ranks", "a whole number", &count)
    guard (1...256).contains(count) else { throw CommandError("--ranks \(count): give 1 to 256 processes") }
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
  func settings(_ place: RankPlace = .alone) throws -> TrainingSettings {
    var settings = TrainingSettings()
    settings.place = place
    try number("sync_bn", "true or false", &settings.syncsNorms)
    if let name = values["model"] {
      guard let size = ModelSize(modelName: name) else {
        let names = ModelSize.allCases.map(\.modelName).joined(separator: ", ")
        throw CommandError("--model \(name): give one of \(names); weights to start from go to --weights")
      }
      settings.model = size
    }
    try number("epochs", "a whole number", &settings.epochs)
    settings.findsBatch = values["batch"]?.lowercased() == "auto"
    if !settings.findsBatch { try number("batch", "a whole number, or auto", &settings.batch) }
    try number("image_size", "a whole number", &settings.imageSize)
    try number("seed", "a whole number from 0", &settings.seed)
    try number("nominal_batch", "a whole number", &settings.nominalBatch)
    try number("close_mosaic", "a whole number", &settings.closeMosaic)
    try number("patience", "a whole number", &settings.patience)
    try number("checkpoint_every", "a whole number", &settings.checkpointEvery)
    try number("stop_after_steps", "a whole number", &settings.stopAfterSteps)
    try number("prefetch", "a whole number", &settings.prefetchDepth)
    try number("lr0", "a number", &settings.lr0)
    try number("lrf", "a number", &settings.lrf)
    try number("momentum", "a number", &settings.momentum)
    try number("weight_decay", "a number", &settings.weightDecay)
    try number("warmup_epochs", "a number", &settings.warmupEpochs)
    try number("warmup_momentum", "a number", &settings.warmupMomentum)
    try number("warmup_bias_lr", "a number", &settings.warmupBiasRate)
    try number("cos_lr", "true or false", &settings.cosine)
    try number("hsv_h", "a number", &settings.augmentation.hsvH)
    try number("hsv_s", "a number", &settings.augmentation.hsvS)
    try number("hsv_v", "a number", &settings.augmentation.hsvV)
    try number("translate", "a number", &settings.augmentation.translate)
    try number("scale", "a number", &settings.augmentation.scale)
    try number("fliplr", "a number", &settings.augmentation.fliplr)
    try number("flipud", "a number", &settings.augmentation.flipud)
    try number("degrees", "a number", &settings.augmentation.degrees)
    try number("shear", "a number", &settings.augmentation.shear)
    try number("perspective", "a number", &settings.augmentation.perspective)
    try number("mosaic", "a number", &settings.augmentation.mosaic)
    try choice("precision", &settings.precision)
    try choice("optimizer", &settings.optimizer)
    settings.startWeights = values["weights"]
    settings.device = try device(of: place)
    settings.engineThreads = place.share(of: CoreLimit.current.usable)
    try number("engine_threads", "a whole number", &settings.engineThreads)
    if values["workers"] != nil {
      var workers = 0
      try number("workers", "a whole number", &workers)
      settings.workers = workers
    }
    if values["max_detections"] != nil {
      var maxDetections = 0
      try number("max_detections", "a whole number", &maxDetections)
      settings.maxDetections = maxDetections
    }
    settings.tunesLoader = values["workers"] == nil && values["prefetch"] == nil
    _ = (try plots(), try tensorboard())  // a wrong value is told before any work
    try settings.check()
    return settings
  }

  /// True where the run writes TensorBoard's events.
  func tensorboard() throws -> Bool {
    var tensorboard = false
    try number("tensorboard", "true or false", &tensorboard)
    return tensorboard
  }

  /// True where the run draws pictures and a report.
  func plots() throws -> Bool {
    var plots = true
    try number("plots", "true or false", &plots)
    return plots
  }

  /// The data set that `data` names, read as the settings say.
  func dataset(_ data: String) throws -> Dataset {
    var skipsBadLabels = false
    try number("skip_bad_labels", "true or false", &skipsBadLabels)
    return try Dataset.open(data, skipsBadLabels: skipsBadLabels)
  }

  /// How the images are kept.
  func sourceOptions(imageSize: Int) throws -> SourceOptions {
    var options = SourceOptions(imageSize: imageSize)
    if let text = values["memory"] {
      guard let memory = ByteCount(text: text) else {
        throw CommandError("--memory \(text): give a number of bytes such as 2GiB")
      }
      options.memory = memory.bytes
    } else {
      options.memory = DataOptions.defaultMemory.bytes
    }
    try choice("cache", &options.cache)
    options.cacheFolder = values["cache_dir"]
    if let text = values["channels"], text != "auto" {
      guard text == "1" || text == "3" else { throw CommandError("--channels \(text): give auto, 1 or 3") }
      options.channels = Int(text)
    }
    return options
  }

  /// The text of args.yaml: every key with its value in this run.
  func yaml(_ settings: TrainingSettings, _ options: SourceOptions, data: String, out: String) throws -> String {
    var all: [(String, String)] = [("data", data), ("out", out)]
    var resolved: [String: String] = [
      "model": settings.model.modelName, "epochs": "\(settings.epochs)", "batch": "\(settings.batch)",
      "image_size": "\(settings.imageSize)", "precision": settings.precision.rawValue,
      "device": values["device"] ?? "\(settings.device)", "sync_bn": "\(settings.syncsNorms)",
      "memory": "\(options.memory)", "seed": "\(settings.seed)",
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
    // A depth that the tuner chooses is not pinned by resuming either.
    if settings.tunesLoader { resolved["prefetch"] = nil }
    let merged = values.merging(resolved) { _, now in now }
    all += Self.keys.compactMap { key in merged[key].map { (key, $0) } }
    let pairs = all.map { (Node($0.0), Node($0.1, Tag(.implicit), .any)) }
    return try Yams.serialize(node: Node(pairs))
  }
}
