import FeederDetection
import FeederFiles
import FeederTorch
import Foundation
import Testing

@testable import FeederWeights

@Suite("Weights files come back as they were, and damaged ones are refused in one line")
struct WeightsFileTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "feeder-weights-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func write(_ model: DetectionNetwork, to path: String) throws {
    try WeightsWriter.write(
      model.state.map { ($0.name, $0.tensor) }, metadata: ["model": model.design.name, "names": "[\"a\",\"b\"]"],
      to: path)
  }

  @Test("A model's weights are the same after writing and reading, and equal weights give equal bytes")
  func roundTrip() throws {
    try withFolder { folder in
      let path = folder.appending(path: "w.safetensors").path
      let model = try DetectionNetwork(.yolov8n, classCount: 2, seed: 7)
      try write(model, to: path)
      let bytes = try Data(contentsOf: URL(filePath: path))
      let file = try WeightsFile(path: path)
      #expect(file.classCount == 2 && file.design == .yolov8n && file.classNames == ["a", "b"])
      let other = try DetectionNetwork(.yolov8n, classCount: 2, seed: 8)
      try file.load(into: other.state)
      for (mine, theirs) in zip(model.state, other.state) {
        #expect(try mine.tensor.array(of: Float.self) == theirs.tensor.array(of: Float.self), "\(mine.name)")
      }
      try write(other, to: path)
      #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["w.safetensors"])
    }
  }

  @Test("Any byte flipped anywhere is noticed, but for the name of the checksum itself")
  func flippedBytes() throws {
    try withFolder { folder in
      let path = folder.appending(path: "w.safetensors").path
      let tensors = [
        ("a", try Tensor([1, 2, 3] as [Float], shape: [3])), ("b", try Tensor([4] as [Float], shape: [])),
      ]
      try WeightsWriter.write(tensors, metadata: ["names": "[\"open\"]"], to: path)
      let bytes = try Data(contentsOf: URL(filePath: path))
      let name = try #require(bytes.firstRange(of: Data("\"checksum\"".utf8)))
      #expect(throws: Never.self) { try WeightsFile(path: path) }
      for place in bytes.indices where !name.contains(place) {
        var damaged = bytes
        damaged[place] ^= 4
        try damaged.write(to: URL(filePath: path))
        #expect(throws: WeightsError.self, "byte \(place)") { try WeightsFile(path: path) }
      }
    }
  }

  @Test("Weights of other classes are refused with both shapes, and all but the class branch can be taken over")
  func otherClasses() throws {
    try withFolder { folder in
      let path = folder.appending(path: "w.safetensors").path
      try write(try DetectionNetwork(.yolov8n, classCount: 80), to: path)
      let model = try DetectionNetwork(.yolov8n, classCount: 6)
      let file = try WeightsFile(path: path)
      let error = #expect(throws: WeightsError.self) { try file.load(into: model.state) }
      #expect(error?.description.contains("80") == true && error?.description.contains("64") == true)
      let line = try file.transfer(into: model.state, of: .yolov8n)
      #expect(
        line.contains("of \(model.state.count) tensors") && line.contains("for 6 classes instead of 80"), "\(line)"
      )
      let backbone = try #require(model.state.first { $0.name == "model.0.conv.weight" })
      #expect(try backbone.tensor.array(of: Float.self) == file.tensor(backbone.name).array(of: Float.self))
      let larger = #expect(throws: WeightsError.self) {
        try file.transfer(into: model.state, of: #require(ModelDesign(named: "yolov8s")))
      }
      #expect(larger?.description.contains("give model yolov8n") == true)
    }
  }

  @Test("A file cut anywhere, and one that is something else, is a WeightsError that names it")
  func damaged() throws {
    try withFolder { folder in
      let path = folder.appending(path: "w.safetensors").path
      try write(try DetectionNetwork(.yolov8n, classCount: 1), to: path)
      let whole = try Data(contentsOf: URL(filePath: path))
      for length in [0, 7, 8, 100, 20_000, whole.count / 2, whole.count - 1] {
        try whole.prefix(length).write(to: URL(filePath: path))
        let error = #expect(throws: WeightsError.self) { try WeightsFile(path: path) }
        #expect(error?.description.contains("w.safetensors") == true)
      }
      try Data("\u{FF}\u{D8} not weights at all, but long enough".utf8).write(to: URL(filePath: path))
      #expect(throws: WeightsError.self) { try WeightsFile(path: path) }
      #expect(throws: WeightsError.self) { try WeightsFile(path: path + ".missing") }
      #expect(mkfifo(path + ".pipe", 0o600) == 0)
      let pipe = #expect(throws: WeightsError.self) { try WeightsFile(path: path + ".pipe") }
      #expect(pipe?.description.contains("not a regular file") == true)
    }
  }

  @Test(
    "Weights without a header are recognised by the channels that their layers read",
    arguments: ["yolov8s", "yolov8n-p2"])
  func headless(name: String) throws {
    try withFolder { folder in
      let path = folder.appending(path: "w.safetensors").path
      let design = try #require(ModelDesign(named: name))
      let state = try DetectionNetwork(design, classCount: 4).state
      try WeightsWriter.write(state.map { ($0.name, $0.tensor) }, metadata: [:], to: path)
      let file = try WeightsFile(path: path)
      #expect(file.design == design && file.classCount == 4)
      let part = state.filter { !$0.name.hasPrefix("model.9.") }.map { (name: $0.name, tensor: $0.tensor) }
      try WeightsWriter.write(part, metadata: [:], to: path)
      #expect(try WeightsFile(path: path).design == nil)
    }
  }

  @Test("Weights whose layers have no channels, or more classes than bytes, are of no size and tell none apart")
  func impossibleLayers() throws {
    try withFolder { folder in
      let path = folder.appending(path: "w.safetensors").path
      let stem = ("model.0.conv.weight", try Tensor.zeros([16]))
      try WeightsWriter.write(
        [stem, ("model.9.cv1.conv.weight", try .zeros([])), ("model.22.cv3.0.2.bias", try .zeros([1 << 40, 0]))],
        metadata: [:], to: path)
      let file = try WeightsFile(path: path)
      #expect(file.design == nil && file.classCount == nil)
      try WeightsWriter.write([("model.22.cv3.0.2.bias", try .zeros([70_000]))], metadata: [:], to: path)
      #expect(try WeightsFile(path: path).classCount == nil)
    }
  }

  private func write(_ value: Float, to path: String, previous: String? = nil) throws {
    try WeightsWriter.write(
      [("a", try Tensor([value], shape: [1]))], metadata: ["format": "feeder"], to: path, previous: previous)
  }

  private func value(_ path: String) throws -> [Float] { try WeightsFile(path: path).tensor("a").array(of: Float.self) }

  @Test(
    "What somebody else put at the place of weights is refused and stays: a text, a folder, a pipe, others' weights")
  func foreign() throws {
    try withFolder { folder in
      let (last, previous) = (
        folder.appending(path: "last.safetensors").path, folder.appending(path: "previous.safetensors").path
      )
      let others: [(String) throws -> Void] = [
        { try Data("my notes".utf8).write(to: URL(filePath: $0)) },
        { try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: false) },
        { #expect(mkfifo($0, 0o600) == 0) },
        { try Data("\u{40}\0\0\0\0\0\0\0{\"__metadata__\":{\"format\":\"pt\"}}".utf8).write(to: URL(filePath: $0)) },
      ]
      for make in others {
        for place in [last, previous] {
          try make(place)
          if place == previous { try write(1, to: last) }
          let before = FileIdentity(place)
          let error = #expect(throws: WeightsError.self) { try write(2, to: last, previous: previous) }
          #expect(error?.description.contains(place) == true && error?.description.contains("move it away") == true)
          #expect(throws: WeightsError.self) { try WeightsWriter.target(of: place) }
          #expect(FileIdentity(place) == before)
          if place == previous { #expect(try value(last) == [1]) }
          for path in [last, previous] { try? FileManager.default.removeItem(atPath: path) }
        }
      }
    }
  }

  @Test("Links are followed and stay, and files of temporary names that somebody made stay as well")
  func links() throws {
    try withFolder { folder in
      let (last, previous) = (
        folder.appending(path: "last.safetensors").path, folder.appending(path: "previous.safetensors").path
      )
      let real = folder.appending(path: "real").path
      for path in [last, previous] { try Data("mine".utf8).write(to: URL(filePath: path + ".partial")) }
      try write(1, to: real)
      #expect(symlink("real", last) == 0)
      try write(2, to: last, previous: previous)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: last) == "real")
      #expect(try value(real) == [2] && value(previous) == [1])
      for path in [last, previous] {
        #expect(try Data(contentsOf: URL(filePath: path + ".partial")) == Data("mine".utf8))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 5)
      // A link to another disk: what was there is copied.
      let far = "/dev/shm/feeder-\(UUID().uuidString)"
      defer { unlink(far) }
      guard access("/dev/shm", W_OK) == 0 else { return }
      try write(3, to: far)
      unlink(last)
      #expect(symlink(far, last) == 0)
      try write(4, to: last, previous: previous)
      #expect(try value(far) == [4] && value(previous) == [3])
    }
  }

  @Test("A folder that cannot be written to is an error, and an old file stays")
  func unwritable() throws {
    let tensor = try Tensor([1] as [Float], shape: [1])
    let error = #expect(throws: WeightsError.self) {
      try WeightsWriter.write([("a", tensor)], metadata: [:], to: "/nonexistent-folder/w.safetensors")
    }
    #expect(error?.description.contains("/nonexistent-folder/w.safetensors") == true)
  }
}
