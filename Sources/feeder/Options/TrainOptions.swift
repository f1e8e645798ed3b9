import ArgumentParser
import FeederTraining

/// The flags of `feeder train` that are settings, in the order of `SettingTable`, which holds their help texts. Values
/// are text here; `RunArguments` parses flags and YAML files alike, so a wrong value gives the same line in both.
struct TrainOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: .setting("model")) var model: String?
  @Option(parsing: .unconditional, help: .setting("epochs")) var epochs: String?
  @Option(parsing: .unconditional, help: .setting("batch")) var batch: String?
  @Option(parsing: .unconditional, help: .setting("image_size")) var imageSize: String?
  @Option(parsing: .unconditional, help: .setting("precision")) var precision: String?
  @Option(parsing: .unconditional, help: .setting("device")) var device: String?
  @Option(parsing: .unconditional, help: .setting("ranks")) var ranks: String?
  @Flag(help: .setting("sync_bn")) var syncBn = false
  @Option(parsing: .unconditional, help: .setting("memory")) var memory: String?
  @Option(parsing: .unconditional, help: .setting("seed")) var seed: String?
  @Option(parsing: .unconditional, help: .setting("deterministic")) var deterministic: String?
  @Option(parsing: .unconditional, help: .setting("optimizer")) var optimizer: String?
  @Option(parsing: .unconditional, help: .setting("lr0")) var lr0: String?
  @Option(parsing: .unconditional, help: .setting("lrf")) var lrf: String?
  @Option(parsing: .unconditional, help: .setting("momentum")) var momentum: String?
  @Option(parsing: .unconditional, help: .setting("weight_decay")) var weightDecay: String?
  @Option(parsing: .unconditional, help: .setting("warmup_epochs")) var warmupEpochs: String?
  @Option(parsing: .unconditional, help: .setting("warmup_momentum")) var warmupMomentum: String?
  @Option(parsing: .unconditional, help: .setting("warmup_bias_lr")) var warmupBiasLr: String?
  @Flag(help: .setting("cos_lr")) var cosLr = false
  @Option(parsing: .unconditional, help: .setting("nominal_batch")) var nominalBatch: String?
  @Option(parsing: .unconditional, help: .setting("close_mosaic")) var closeMosaic: String?
  @Option(parsing: .unconditional, help: .setting("patience")) var patience: String?
  @Option(parsing: .unconditional, help: .setting("max_detections")) var maxDetections: String?
  @Option(parsing: .unconditional, help: .setting("weights")) var weights: String?
  @Option(parsing: .unconditional, help: .setting("hsv_h")) var hsvH: String?
  @Option(parsing: .unconditional, help: .setting("hsv_s")) var hsvS: String?
  @Option(parsing: .unconditional, help: .setting("hsv_v")) var hsvV: String?
  @Option(parsing: .unconditional, help: .setting("translate")) var translate: String?
  @Option(parsing: .unconditional, help: .setting("scale")) var scale: String?
  @Option(parsing: .unconditional, help: .setting("fliplr")) var fliplr: String?
  @Option(parsing: .unconditional, help: .setting("flipud")) var flipud: String?
  @Option(parsing: .unconditional, help: .setting("degrees")) var degrees: String?
  @Option(parsing: .unconditional, help: .setting("shear")) var shear: String?
  @Option(parsing: .unconditional, help: .setting("perspective")) var perspective: String?
  @Option(parsing: .unconditional, help: .setting("mosaic")) var mosaic: String?
  @Option(parsing: .unconditional, help: .setting("tile")) var tile: String?
  @Option(parsing: .unconditional, help: .setting("tile_overlap")) var tileOverlap: String?
  @Option(parsing: .unconditional, help: .setting("tile_empty")) var tileEmpty: String?
  @Option(parsing: .unconditional, help: .setting("cache")) var cache: String?
  @Option(parsing: .unconditional, help: .setting("cache_dir")) var cacheDir: String?
  @Option(parsing: .unconditional, help: .setting("channels")) var channels: String?
  @Option(parsing: .unconditional, help: .setting("window")) var window: String?
  @Option(parsing: .unconditional, help: .setting("curve")) var curve: String?
  @Flag(help: .setting("skip_bad_labels")) var skipBadLabels = false
  @Option(parsing: .unconditional, help: .setting("checkpoint_every")) var checkpointEvery: String?
  @Option(parsing: .unconditional, help: .setting("stop_after_steps")) var stopAfterSteps: String?
  @Option(parsing: .unconditional, help: .setting("engine_threads")) var engineThreads: String?
  @Option(parsing: .unconditional, help: .setting("workers")) var workers: String?
  @Option(parsing: .unconditional, help: .setting("prefetch")) var prefetch: String?
  @Option(parsing: .unconditional, help: .setting("plots")) var plots: String?
  @Option(parsing: .unconditional, help: .setting("tensorboard")) var tensorboard: String?

  /// The flags that were given, by the key that a YAML file uses.
  var given: [String: String] {
    var given: [String: String] = [:]
    for (label, value) in Mirror(reflecting: self).children {
      let key = label.map(Self.key) ?? ""
      if let option = value as? Option<String?> { given[key] = option.wrappedValue }
      if let flag = value as? Flag<Bool>, flag.wrappedValue { given[key] = "true" }
    }
    return given
  }

  /// The YAML key of a property's storage: `hsv_h` for `_hsvH`.
  private static func key(_ label: String) -> String {
    label.dropFirst().map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
  }
}

extension ArgumentHelp {
  /// The help text of a setting.
  static func setting(_ key: String) -> ArgumentHelp {
    guard let setting = SettingTable.setting(key) else { preconditionFailure("no setting is called \(key)") }
    return ArgumentHelp(stringLiteral: setting.helpLine(TrainingRequest()))
  }
}
