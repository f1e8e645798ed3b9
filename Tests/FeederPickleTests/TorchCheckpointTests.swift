import CheckpointSupport
import FeederCore
import Foundation
import Testing

@testable import FeederPickle

@Suite("Checkpoints of torch are read without Python, bit by bit")
struct TorchCheckpointTests {
  private func values(_ checkpoint: TorchCheckpoint, _ name: String) throws -> [Float] {
    let entry = try #require(checkpoint.entries[name])
    return stride(from: entry.range.lowerBound, to: entry.range.upperBound, by: 4).map { place in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(checkpoint.bytes[place + $1]) << UInt32(8 * $1) })
    }
  }

  @Test("Tensors have the names of their modules; class names, licence, version and image size come along")
  func small() throws {
    let checkpoint = try TorchCheckpoint(CheckpointFixture.small.bytes)
    #expect(checkpoint.entries.keys.sorted() == ["model.0.bn.running_mean", "model.0.conv.weight"])
    #expect(checkpoint.entries["model.0.conv.weight"]?.shape == [2, 2])
    #expect(try values(checkpoint, "model.0.conv.weight") == [1, 2, 3, 4])
    #expect(try values(checkpoint, "model.0.bn.running_mean") == [5, 6])
    #expect(checkpoint.classNames == ["open", "short"] && checkpoint.imageSize == 320)
    #expect(
      checkpoint.facts == [
        .license: "AGPL-3.0 (https://example.org)", .version: "8.4.190", .model: "yolov8n.yaml",
      ])
  }

  @Test("The averaged network is preferred; without one the other is read, and a plain dictionary of tensors too")
  func places() throws {
    var fixture = CheckpointFixture.small
    fixture.key = "model"
    fixture.facts.append(("ema", .none))
    #expect(try TorchCheckpoint(fixture.bytes).entries.count == 2)
    fixture = .small
    let other = CheckpointFixture([.init("model.7.weight", [4], [9, 9, 9, 9])])
    fixture.facts.append(("model", other.network))
    #expect(try TorchCheckpoint(fixture.bytes).entries["model.7.weight"] == nil)
    fixture = .small
    fixture.pickle = PickleValue.named([("model.0.conv.weight", fixture.value(of: 0)), ("epoch", .int(3))]).pickle
    let plain = try TorchCheckpoint(fixture.bytes)
    #expect(try values(plain, "model.0.conv.weight") == [1, 2, 3, 4] && plain.classNames == nil && plain.facts.isEmpty)
    fixture.pickle = fixture.network.pickle
    #expect(try TorchCheckpoint(fixture.bytes).entries.count == 2)
  }

  @Test("Every type keeps its bits, and views of one storage get their own elements in order")
  func views() throws {
    var fixture = CheckpointFixture.small
    for (index, (type, size, stored)) in [
      ("Half", 2, Safetensors.ElementType.f16), ("BFloat16", 2, .bf16), ("Double", 8, .f64), ("Long", 8, .i64),
      ("Int", 4, .i32), ("Short", 2, .i16), ("Char", 1, .i8), ("Byte", 1, .u8), ("Bool", 1, .bool),
    ].enumerated() {
      let bytes = (0..<3 * size).map { UInt8($0 % 50) }
      var one = CheckpointFixture([.init("model.0.weight", [3], bytes, type: type, size: size)])
      one.key = index.isMultiple(of: 2) ? "ema" : "model"
      let checkpoint = try TorchCheckpoint(one.bytes)
      let entry = try #require(checkpoint.entries["model.0.weight"])
      #expect(entry.type == stored && Array(checkpoint.bytes[entry.range]) == bytes, "\(type)")
    }
    fixture.tensors = [.init("model.0.weight", [6], [0, 1, 2, 3, 4, 5])]
    var view = CheckpointFixture.Tensor("model.1.weight", [2, 2], [])
    (view.key, view.count, view.offset) = ("0", .int(6), .int(1))
    view.strides = .tuple([.int(1), .int(2)])
    var size = view
    size.name = "model.2.weight"
    size.shapeValue = .call(.global("torch", "Size"), .tuple([.tuple([.int(1), .int(2)])]))
    size.strides = .tuple([.int(7), .int(1)])
    fixture.tensors += [view, size]
    let checkpoint = try TorchCheckpoint(fixture.bytes)
    #expect(try values(checkpoint, "model.1.weight") == [1, 3, 2, 4])
    #expect(try values(checkpoint, "model.2.weight") == [1, 2])
    #expect(checkpoint.entries["model.2.weight"]?.shape == [1, 2])
  }

  @Test("Class names are a dictionary or a list; a list with a gap is none")
  func classNames() throws {
    var fixture = CheckpointFixture.small
    fixture.names = .list([.text("Kurzschluss"), .text("断路")])
    #expect(try TorchCheckpoint(fixture.bytes).classNames == ["Kurzschluss", "断路"])
    fixture.names = .dictionary([(.int(1), .text("b")), (.int(0), .text("a"))])
    #expect(try TorchCheckpoint(fixture.bytes).classNames == ["a", "b"])
    fixture.names = .dictionary([(.int(0), .text("a")), (.int(2), .text("b"))])
    #expect(try TorchCheckpoint(fixture.bytes).classNames == nil)
  }

  @Test("A file without zip64 records and with sizes before the bytes is read too")
  func otherWriters() throws {
    var zip = CheckpointFixture.small.zip
    zip.hasZip64 = false
    for index in zip.entries.indices { zip.entries[index].flags = 0 }
    #expect(try TorchCheckpoint(zip.bytes).entries.count == 2)
  }

  @Test("The room imports nothing that could open a file or start a process")
  func imports() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/FeederPickle")
    var imports: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      imports.formUnion(
        text.split(separator: "\n").filter { $0.contains("import ") && !$0.contains("//") }.map(String.init))
    }
    #expect(imports == ["import CISAL", "import FeederCore"])
  }
}
