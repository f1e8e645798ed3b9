import FeederCore
import FeederDetection
import FeederFiles
import FeederTorch
import Foundation

/// A safetensors file of weights, read and checked. No content of it is executed.
package struct WeightsFile {
  /// The path that was opened.
  package let path: String
  /// The text pairs of the header: `model`, `names` and others.
  package var metadata: [String: String] { layout.metadata }
  /// The checksum of the file, 16 hexadecimal digits; nil if another program wrote it.
  package var checksum: String? { metadata[WeightsChecksum.key] }
  private let data: [UInt8]
  private let layout: Safetensors

  /// Opens the file at `path`. Throws `WeightsError.unusable` if it is missing, damaged or no regular file.
  package init(path: String) throws {
    self.path = path
    do {
      data = try FileReader.bytes(of: path, limit: .max)
      let layout = try data.withUnsafeBytes { try Safetensors(file: $0) }
      guard data.withUnsafeBytes({ WeightsChecksum.isRight($0, layout) }) else {
        throw Safetensors.FormatError(description: "is damaged: its checksum is wrong")
      }
      self.layout = layout
    } catch let error as Safetensors.FormatError {
      throw WeightsError.unusable(file: path, reason: SettingLine(error.description))
    } catch FileReader.Failure.notRegular {
      throw WeightsError.unusable(file: path, reason: "is not a regular file; give a .safetensors file")
    } catch FileReader.Failure.system(_, let code) where code == ENOENT || code == ENOTDIR {
      throw WeightsError.unusable(file: path, reason: "no such weights file; give a .safetensors file")
    } catch {
      throw WeightsError.unusable(file: path, reason: "cannot be read")
    }
  }

  /// Names of all tensors.
  package var names: [String] { layout.entries.keys.sorted() }

  /// The extents of the tensor `name`; nil if there is none.
  package func shape(_ name: String) -> [Int]? { layout.entries[name]?.shape }

  /// A copy of the tensor `name` on the CPU. Throws `WeightsError.unusable` if there is none.
  package func tensor(_ name: String) throws -> Tensor {
    guard let entry = layout.entries[name] else {
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

  /// Overwrites every entry of `state` with the tensor `prefix` + its name. Throws `WeightsError.unusable` at the first that is missing
  /// or has another shape.
  package func load(into state: [StateEntry], prefix: String = "") throws {
    for entry in state { try load(prefix + entry.name, into: entry.tensor) }
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

  /// Overwrites the entries that the file holds in the same shape: a start from weights of other classes.
  ///
  /// Returns one line: how many tensors were taken over, which start anew, and whether the head's classes have other names than
  /// `classNames`. Throws `WeightsError.unusable` if the file has another model.
  package func transfer(into state: [StateEntry], of design: ModelDesign, classNames: [String]? = nil) throws -> String
  {
    if let own = self.design, own != design {
      throw WeightsError.unusable(
        file: path,
        reason:
          "weights of \(own.name), but the run trains \(design.name); give \(setting: "model") \(own.name)")
    }
    let matching = state.filter { shape($0.name) == $0.tensor.shape }
    guard matching.contains(where: { $0.kind == .convolution }) else {
      throw WeightsError.unusable(
        file: path, reason: "holds no layer of \(design.name); not weights of this network")
    }
    try load(into: matching)
    var line = "\(path): \(matching.count) of \(state.count) tensors taken over"
    if let own = self.classNames, let classNames, own != classNames, own.count == classNames.count {
      line += "; the head's class branch was trained on other names (\(own.joined(separator: ", "))), by number"
    }
    let anew = state.filter { shape($0.name) != $0.tensor.shape }.map(\.name)
    guard let first = anew.first else { return line }
    guard anew.allSatisfy({ $0.hasPrefix(design.classBranch) }) else {
      return line + "; \(anew.count) start at random, the first of them \(first)"
    }
    let classes = state.first { $0.name == design.classBias }?.tensor.shape.first ?? 0
    return line + "; the head's class branch starts at random, for \(classes) classes instead of \(classCount ?? 0)"
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
