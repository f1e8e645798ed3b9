import FeederDetection
import FeederTorch
import FeederFixtures
import Foundation

/// The reference files whose computation can run on any device.
package enum Parity: String, CaseIterable, Sendable {
  case overlap = "a_ciou"
  case distribution = "b_dfl"
  case assignment = "c_assigner"
  case loss = "d_loss"
  case suppression = "f_nms"
  case network = "h_yolov8n_nc6_io"
  case average = "i_ema"
  case optimizers = "i_optim"
  case lossScaling = "j_gradscaler"

  /// Compares every number of the file in `folder` with the results of `device`. `network` also reads its weights from
  /// `weightsFile`. Throws if a file is missing or damaged, or the engine fails.
  package func compare(in folder: URL, on device: Device) throws -> ParityRecord {
    let fixture = try Fixture(rawValue, folder: folder)
    let record = ParityRecord(device: device)
    switch self {
    case .overlap: try BoxParity.overlap(fixture, record)
    case .distribution: try BoxParity.distribution(fixture, record)
    case .assignment: try AssignmentParity.assigner(fixture, record)
    case .loss: try AssignmentParity.loss(fixture, record)
    case .suppression: try SuppressionParity.compare(fixture, record)
    case .network:
      try NetworkParity(fixture, weights: Fixture(Self.weightsFile, folder: folder), record).compare()
    case .average: try UpdateParity.average(fixture, record)
    case .optimizers: try UpdateParity.optimizers(fixture, record)
    case .lossScaling: try UpdateParity.lossScaling(fixture, record)
    }
    return record
  }

  /// The file with the weights of `network`, in half precision.
  package static let weightsFile = "h_yolov8n_nc6_state_f16"
}

/// A reference file whose content is incomplete.
struct ParityError: Error, CustomStringConvertible {
  let description: String
}

extension Fixture {
  /// A reference tensor as a float32 tensor on `device`.
  func tensor(_ name: String, on device: Device) throws -> Tensor {
    try Tensor(floats(name), shape: shape(name)).to(device)
  }

  /// The boxes of `PREFIXbatch_idx`, `PREFIXcls` and `PREFIXbboxes` as targets.
  func targets(_ prefix: String) throws -> [TargetBox] {
    let images = try ints(prefix + "batch_idx")
    let classes = try ints(prefix + "cls")
    let boxes = try floats(prefix + "bboxes")
    return images.indices.map {
      TargetBox(
        imageIndex: images[$0], classID: classes[$0], x: boxes[4 * $0], y: boxes[4 * $0 + 1],
        width: boxes[4 * $0 + 2], height: boxes[4 * $0 + 3])
    }
  }

  /// `value`. Throws `ParityError`, which names `what`, if it is nil.
  func required<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw ParityError(description: "\(name): it has no \(what)") }
    return value
  }
}

extension Tensor {
  /// All elements as Double.
  func doubles() throws -> [Double] { try array(of: Double.self) }
  /// The gradient's elements; zeros if there is no gradient.
  func gradientDoubles() throws -> [Double] { try gradient()?.doubles() ?? [Double](repeating: 0, count: count) }
}
