import FeederCore
import FeederDetection
import FeederFiles
import FeederPickle
import FeederTorch
import Foundation

/// Weights out of a file, read and checked: safetensors, or a checkpoint (`.pt`) of torch. The content decides, not the name. Nothing of
/// it is executed.
package struct WeightsFile {
  /// The path that was opened.
  package let path: String
  /// The text pairs of the header: `model`, `names` and others.
  package let metadata: [String: String]
  /// The checksum of the file, 16 hexadecimal digits; nil if another program wrote it.
  package var checksum: String? { metadata[WeightsChecksum.key] }
  /// True if another program wrote the file as a checkpoint of torch.
  package let isCheckpoint: Bool
  private let data: [UInt8]
  private let entries: [String: Safetensors.Entry]
  /// The file that describes the network, as a checkpoint names it.
  private let description: String?

  /// Opens the file at `path`. Throws `WeightsError.unusable` if it is missing, damaged or no regular file.
  package init(path: String) throws {
    self.path = path
    isCheckpoint = TorchCheckpoint.begins(FileReader.start(of: path, byteCount: 2))
    do {
      let bytes = try FileReader.bytes(of: path, limit: isCheckpoint ? TorchCheckpoint.largestFile : .max)
      if isCheckpoint {
        let checkpoint = try TorchCheckpoint(bytes)
        metadata = try WeightsOrigin.metadata(of: checkpoint, file: bytes)
        (data, entries, description) = (checkpoint.bytes, checkpoint.entries, checkpoint.facts[.model])
        return
      }
      let layout = try bytes.withUnsafeBytes { try Safetensors(file: $0) }
      guard bytes.withUnsafeBytes({ WeightsChecksum.isRight($0, layout) }) else {
        throw Safetensors.FormatError(description: "is damaged: its checksum is wrong")
      }
      (data, entries, metadata, description) = (bytes, layout.entries, layout.metadata, nil)
    } catch let error as Safetensors.FormatError {
      let isONNX = path.lowercased().hasSuffix(".onnx")
      throw WeightsError.unusable(
        file: path,
        reason: isONNX
          ? "is an ONNX file, which Feeder writes and does not read; give the weights that it was exported from"
          : SettingLine(error.description))
    } catch let fault as CheckpointFault {
      throw WeightsError.unusable(file: path, reason: SettingLine(fault.description))
    } catch FileReader.Failure.notRegular {
      throw WeightsError.unusable(file: path, reason: "is not a regular file; give a .safetensors or .pt file")
    } catch FileReader.Failure.tooLarge(let byteCount) {
      throw WeightsError.unusable(
        file: path, reason: "has \(byteCount) bytes; a .pt is read up to \(TorchCheckpoint.largestFile)")
    } catch FileReader.Failure.system(_, let code) where code == ENOENT || code == ENOTDIR {
      throw WeightsError.unusable(file: path, reason: "no such weights file; give a .safetensors or .pt file")
    } catch {
      throw WeightsError.unusable(file: path, reason: "cannot be read")
    }
  }

  /// Names of all tensors.
  package var names: [String] { entries.keys.sorted() }

  /// The extents of the tensor `name`; nil if there is none.
  package func shape(_ name: String) -> [Int]? { entries[name]?.shape }

  /// A copy of the tensor `name` on the CPU. Throws `WeightsError.unusable` if there is none.
  package func tensor(_ name: String) throws -> Tensor {
    guard let entry = entries[name] else {
      throw WeightsError.unusable(file: path, reason: "holds no tensor '\(name)'; was it written by this program?")
    }
    return try data.withUnsafeBytes { bytes in
      try Tensor(
        copying: UnsafeRawBufferPointer(rebasing: bytes[entry.range]), type: .init(entry.type), shape: entry.shape)
    }
  }

  /// The number of classes of the head; nil if there is no YOLOv8 head.
  package var classCount: Int? {
    let biases = Set(ModelDesign.all.map(\.classBias))
    guard let shape = biases.lazy.compactMap(shape).first, shape.count == 1, shape[0] <= Self.mostClasses else {
      return nil
    }
    return shape[0]
  }

  /// The class names of the header, by class number; nil if there are none.
  package var classNames: [String]? {
    metadata["names"].flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
  }

  /// The model: named by the header, else recognised by the input channels of its layers; nil if it is none of Feeder's.
  package var design: ModelDesign? {
    metadata["model"].flatMap(ModelDesign.init(named:))
      ?? ModelDesign.all.first { design in
        design.firstWeights.allSatisfy { shape($0.name)?.dropFirst().first == $0.inputCount }
      }
  }

  /// The model and the number of classes. Throws `WeightsError.unusable` if this is none of Feeder's detectors.
  package func detector() throws -> (design: ModelDesign, classCount: Int) {
    guard let design, let classCount, classCount > 0 else {
      let own = description.map { " (it says \($0))" } ?? ""
      throw WeightsError.unusable(
        file: path, reason: "holds no YOLOv8 detector\(own); give weights of one of \(ModelDesign.names)")
    }
    return (design, classCount)
  }

  /// Overwrites every entry of `state` with the tensor `prefix` + its name. Throws `WeightsError.unusable` at the first that is missing
  /// or has another shape.
  package func load(into state: [StateEntry], prefix: String = "") throws {
    for entry in state { try load(prefix + entry.name, into: entry.tensor) }
  }

  /// Overwrites every entry of `model`. Throws `WeightsError.unusable` as `load(into:)` does, and if a checkpoint holds tensors that the
  /// model has not: another network that begins alike.
  package func load(into model: DetectionNetwork) throws {
    try load(into: model.state)
    guard isCheckpoint else { return }
    let more = Set(entries.keys).subtracting(model.state.map(\.name))
    guard let first = more.min() else { return }
    throw WeightsError.unusable(
      file: path,
      reason:
        "is no plain \(model.design.name): it holds \(more.count) more tensors, such as '\(first)'; give weights of a detector"
    )
  }

  /// Overwrites `target` with the tensor `name`. Throws `WeightsError.unusable` if it is missing or has another shape.
  package func load(_ name: String, into target: Tensor) throws {
    guard let shape = shape(name) else {
      throw WeightsError.unusable(file: path, reason: "holds no tensor '\(name)'; another model?")
    }
    guard shape == target.shape else {
      throw WeightsError.unusable(file: path, reason: "'\(name)' has shape \(shape), the model needs \(target.shape)")
    }
    try withoutGradients { try target.copy(from: tensor(name)) }
  }

  /// More than any data set has; small enough that a tiny file cannot ask for a network of gigabytes.
  private static let mostClasses = 65_536
}

extension ElementType {
  /// The type of the engine for a stored type.
  init(_ stored: Safetensors.ElementType) {
    switch stored {
    case .f64: self = .float64
    case .f32: self = .float32
    case .f16: self = .float16
    case .bf16: self = .bfloat16
    case .i64: self = .int64
    case .i32: self = .int32
    case .i16: self = .int16
    case .i8: self = .int8
    case .u8: self = .uint8
    case .bool: self = .bool
    }
  }

  /// The stored type of an engine type.
  var stored: Safetensors.ElementType {
    switch self {
    case .float64: .f64
    case .float32: .f32
    case .float16: .f16
    case .bfloat16: .bf16
    case .int64: .i64
    case .int32: .i32
    case .int16: .i16
    case .int8: .i8
    case .uint8: .u8
    case .bool: .bool
    }
  }
}
