import CheckpointSupport
import FeederDetection
import FeederTorch
import Foundation
import Testing

@testable import FeederWeights

@Suite("A checkpoint of torch gives the weights of a network, bit by bit, and what it says of itself travels on")
struct CheckpointWeightsTests {
  private let path = FileManager.default.temporaryDirectory.appending(path: "feeder-\(UUID().uuidString).bin").path

  /// The state of a network as a trainer stores it after the end: floats in half precision.
  private func checkpoint(
    _ model: DetectionNetwork, names: [String], _ change: (inout CheckpointFixture) -> Void = { _ in }
  ) throws -> WeightsFile {
    var fixture = CheckpointFixture(
      try model.state.map { entry in
        let isWhole = entry.kind == .counter
        let tensor = isWhole ? entry.tensor : try entry.tensor.to(.float16)
        var bytes = [UInt8](repeating: 0, count: tensor.count * tensor.type.byteCount)
        try bytes.withUnsafeMutableBytes { try tensor.copy(to: $0) }
        return .init(
          entry.name, tensor.shape, bytes, type: isWhole ? "Long" : "Half", size: tensor.type.byteCount)
      }, names: names)
    change(&fixture)
    try Data(fixture.bytes).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try WeightsFile(path: path)
  }

  @Test("Every tensor arrives in float32, for each design", arguments: ["yolov8n", "yolov8s", "yolov8n-p2"])
  func bits(name: String) throws {
    let design = try #require(ModelDesign(named: name))
    let model = try DetectionNetwork(design, classCount: 2, seed: 3)
    let file = try checkpoint(model, names: ["open", "short"])
    #expect(file.isCheckpoint && file.classNames == ["open", "short"])
    let found = try file.detector()
    #expect(found.design == design && found.classCount == 2)
    #expect(file.metadata["image_size"] == "320")
    let other = try DetectionNetwork(design, classCount: 2, seed: 4)
    try file.load(into: other)
    for (mine, theirs) in zip(model.state, other.state) {
      let wanted = mine.kind == .counter ? mine.tensor : try mine.tensor.to(.float16)
      #expect(try wanted.array(of: Float.self) == theirs.tensor.array(of: Float.self), "\(mine.name)")
    }
  }

  @Test("Licence, version and checksum are the origin; weights without them have none")
  func origin() throws {
    let model = try DetectionNetwork(.yolov8n, classCount: 1)
    let file = try checkpoint(model, names: ["a"])
    let origin = try #require(file.origin)
    #expect(
      origin.line.hasPrefix(
        "descend from a checkpoint of version 8.4.190, licence AGPL-3.0 (https://example.org), xxh64 "))
    #expect(origin.metadata.count == 3)
    let state = model.state.map { (name: $0.name, tensor: $0.tensor) }
    let metadata = origin.metadata.merging(["format": "feeder", "model": "yolov8n", "names": "[\"a\"]"]) { $1 }
    try WeightsWriter.data(state, metadata: metadata).write(to: URL(filePath: path))
    let bytes = try Data(contentsOf: URL(filePath: path))
    #expect(try WeightsFile(path: path).origin == origin)
    try WeightsWriter.write(state, metadata: metadata, to: path)
    #expect(try Data(contentsOf: URL(filePath: path)) == bytes, "both ways give the same bytes")
    try WeightsWriter.write(state, metadata: [:], to: path)
    #expect(try WeightsFile(path: path).origin == nil)
    try FileManager.default.removeItem(atPath: path)
  }

  @Test("Another network is refused with the name that its file gives it, and one that begins alike too")
  func others() throws {
    let model = try DetectionNetwork(.yolov8n, classCount: 1)
    let file = try checkpoint(model, names: ["a"]) { $0.tensors.removeAll { $0.name.hasPrefix("model.9.") } }
    let error = #expect(throws: WeightsError.self) { try file.detector() }
    #expect(
      error?.description.contains("no YOLOv8 detector (it says yolov8n.yaml)") == true, "\(String(describing: error))")
    let more = try checkpoint(model, names: ["a"]) { $0.tensors.append(.init("model.22.proto.weight", [1], [1])) }
    let refusal = #expect(throws: WeightsError.self) { try more.load(into: model) }
    #expect(refusal?.description.contains("such as 'model.22.proto.weight'") == true)
  }

  @Test("A hostile checkpoint is one line that names the file", arguments: HostileCheckpoints.all.prefix(3))
  func hostile(attack: HostileCheckpoints.Attack) throws {
    try Data(attack.bytes).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = #expect(throws: WeightsError.self) { try WeightsFile(path: path) }
    #expect(error?.description.hasPrefix(path + ": is refused: ") == true, "\(String(describing: error))")
  }

  // MARK: - Classes by name

  private func row(_ state: [StateEntry], _ name: String, _ row: Int) throws -> [Float] {
    let tensor = try #require(state.first { $0.name == name }?.tensor)
    let size = tensor.shape.dropFirst().reduce(1, *)
    return Array(try tensor.array(of: Float.self)[row * size..<(row + 1) * size])
  }

  @Test("Rows of classes with the same name are taken over, others stay random, and one line says which")
  func classRows() throws {
    let old = try DetectionNetwork(.yolov8n, classCount: 3, seed: 1)
    let names = ["open", "short", "spur"]
    let metadata = ["names": String(decoding: try JSONEncoder().encode(names), as: UTF8.self)]
    try WeightsWriter.write(old.state.map { ($0.name, $0.tensor) }, metadata: metadata, to: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try WeightsFile(path: path)
    let fresh = try DetectionNetwork(.yolov8n, classCount: 4, seed: 2).state
    let state = try DetectionNetwork(.yolov8n, classCount: 4, seed: 2).state
    let line = try file.transfer(into: state, of: .yolov8n, classNames: ["spur", "hole", "open", "copper"])
    #expect(
      line.hasSuffix(
        "\(state.count) of \(state.count) tensors taken over; classes are matched by name: 2 known (spur, open), 2 at random (hole, copper)"
      ), "\(line)")
    for name in ModelDesign.yolov8n.classRows {
      #expect(
        try row(state, name, 0) == row(old.state, name, 2) && row(state, name, 2) == row(old.state, name, 0), "\(name)")
      #expect(try row(state, name, 1) == row(fresh, name, 1) && row(state, name, 3) == row(fresh, name, 3), "\(name)")
    }
    let hidden = "model.22.cv3.0.1.conv.weight"
    #expect(try row(state, hidden, 0) == row(old.state, hidden, 0))
  }

  @Test("As many classes with other names: none is taken by its number")
  func otherNames() throws {
    let old = try DetectionNetwork(.yolov8n, classCount: 2, seed: 1)
    try WeightsWriter.write(old.state.map { ($0.name, $0.tensor) }, metadata: ["names": "[\"cat\",\"dog\"]"], to: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try WeightsFile(path: path)
    let fresh = try DetectionNetwork(.yolov8n, classCount: 2, seed: 2).state
    let state = try DetectionNetwork(.yolov8n, classCount: 2, seed: 2).state
    let line = try file.transfer(into: state, of: .yolov8n, classNames: ["open", "short"])
    #expect(line.contains("no class is known, 2 at random (open, short)"), "\(line)")
    for name in ModelDesign.yolov8n.classRows { #expect(try row(state, name, 0) == row(fresh, name, 0)) }
    let same = try file.transfer(into: state, of: .yolov8n, classNames: ["cat", "dog"])
    #expect(same.hasSuffix("\(state.count) of \(state.count) tensors taken over"), "\(same)")
    for name in ModelDesign.yolov8n.classRows { #expect(try row(state, name, 1) == row(old.state, name, 1)) }
  }
}
