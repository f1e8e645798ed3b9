import ArgumentParser
import FeederCache
import FeederCore
import FeederDetection
import FeederLoader
import FeederRun
import FeederTorch
import FeederTraining
import FeederWeights
import Foundation

/// The flags of commands that run trained weights, and the model that they load.
struct ModelOptions: ParsableArguments {
  @Option(
    help: """
      Side of the network's input in pixels. (default: what the weights were trained on, else \
      \(LoaderSettings.standardImageSize))
      """)
  var imageSize: Int?
  @Option(help: "Images per batch.")
  var batch = LoaderSettings.standardBatch
  @Option(help: "auto, cpu or cuda:0.")
  var device = "auto"
  @Option(help: "auto, fp32, tf32, fp16 or bf16; auto follows the device, and is fp32 on the CPU.")
  var precision = "auto"

  func validate() throws {
    if let size = imageSize, !ModelDesign.takes(side: size) {
      throw ValidationError("--image-size \(size): give \(ModelDesign.sides)")
    }
    try LoaderSettings.batches.validate(batch, "batch")
    if Precision(rawValue: precision) == nil {
      throw ValidationError("--precision \(precision): give \(SettingKind<Precision>.choice.allowed)")
    }
  }

  /// The value of `--precision`, which is validated.
  var chosenPrecision: Precision { Precision(rawValue: precision) ?? .auto }

  /// Trained weights, loaded and ready to run.
  struct Loaded {
    let model: DetectionNetwork
    let file: WeightsFile
    let device: Device
    let precision: Precision
    let imageSize: Int
  }

  /// Loads the weights at `path` into a model of their design and class count. Throws if the file holds no YOLOv8
  /// detector, or if the device or the precision is not available.
  func load(_ path: String) throws -> Loaded {
    let device = try DeviceChoice.device(self.device)
    try Engine.setThreadCount(CoreLimit.current.usable)
    let policy = PrecisionPolicy(chosenPrecision, on: device)
    try policy.check()
    let (file, model) = try Self.network(path, on: device)
    return Loaded(
      model: model, file: file, device: device,
      precision: policy.precision,
      imageSize: imageSize ?? Self.trainedSize(file) ?? Self.standardSize)
  }

  /// The weights at `path` and a network of their design and class count with them, on `device`. Throws if the file holds
  /// no YOLOv8 detector.
  static func network(_ path: String, on device: Device) throws -> (file: WeightsFile, model: DetectionNetwork) {
    let file = try WeightsFile(path: path)
    let (design, classCount) = try file.detector()
    let model = try DetectionNetwork(design, classCount: classCount, device: device)
    try file.load(into: model)
    if file.isCheckpoint, let origin = file.origin {
      Terminal.say("\(path): \(design.name); these weights \(origin.line)")
    }
    return (file, model)
  }

  /// The side in pixels of the images that the weights were trained on; nil if they do not say.
  static func trainedSize(_ file: WeightsFile) -> Int? {
    file.metadata["image_size"].flatMap { Int($0) }.flatMap { ModelDesign.takes(side: $0) ? $0 : nil }
  }

  /// The side of the input in pixels if neither a flag nor the weights say one.
  static let standardSize = LoaderSettings.standardImageSize
}
