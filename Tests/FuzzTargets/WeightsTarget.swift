import FeederCore
import FeederDetection
import FeederTorch
@testable import FeederWeights
@testable import FeederTraining
import Foundation

extension FuzzTarget {
  /// A weights file: what is asked of any, every tensor, and the state that a run goes on with.
  ///
  /// Read as it is, and again without its checksum, which an attacker can mend and a mutation cannot.
  func readWeights(_ bytes: [UInt8]) throws {
    if let place = WeightsChecksum.place(in: bytes.prefix(4096)) {
      var unchecked = bytes
      unchecked[place.lowerBound - WeightsChecksum.key.utf8.count - 3] = UInt8(ascii: "x")
      try useWeights(unchecked)
    }
    try useWeights(bytes)
  }

  private func useWeights(_ bytes: [UInt8]) throws {
    let scratch = try ScratchFile(bytes)
    let file = try WeightsFile(path: scratch.path)
    _ = (file.classCount, file.design, file.classNames)
    for name in file.names.prefix(8) {
      attempt { _ = try file.tensor(name).array(of: Float.self) }
    }
    let bias = StateEntry(name: "model.22.cv3.0.2.bias", kind: .bias, tensor: try .zeros([2]))
    let stem = StateEntry(name: "model.0.conv.weight", kind: .convolution, tensor: try .zeros([16, 1]))
    attempt { _ = try file.transfer(into: [stem, bias], of: .yolov8n) }
    attempt { _ = try file.epochsDone }
    attempt { try file.load(into: [bias]) }
  }

  func weightSeeds() throws -> [[UInt8]] {
    let url = FileManager.default.temporaryDirectory.appending(path: "feeder-fuzz-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    let weights: [(name: String, tensor: Tensor)] = [
      ("model.0.conv.weight", try .zeros([16, 1])), ("model.9.cv1.conv.weight", try .zeros([1, 256], type: .uint8)),
      ("model.22.cv3.0.2.bias", try .zeros([2])),
    ]
    return try [weights, RunProgress().tensors()].map { tensors in
      try WeightsWriter.write(tensors, metadata: ["model": "yolov8n", "names": "[\"a\",\"b\"]"], to: url.path)
      return [UInt8](try Data(contentsOf: url))
    }
  }
}
