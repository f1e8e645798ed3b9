import FeederCore
import FeederExport
import Testing

@Suite("An ONNX file from outside is refused with a reason, never a trap")
struct HostileModelTests {
  private static func tensor(_ dims: [Int], type: Int = 1, bytes: Int = 0, place: Int = 0) -> [UInt8] {
    ProtobufWriter { model in
      model.message(7) { graph in
        graph.message(5) { tensor in
          for extent in dims { tensor.number(1, extent) }
          tensor.number(2, type)
          tensor.text(8, "w")
          tensor.data(9, [UInt8](repeating: 0, count: bytes))
          if place != 0 { tensor.number(14, place) }
        }
      }
    }.bytes
  }

  @Test(
    "a constant that its bytes cannot fill is refused before anything is allocated",
    arguments: [
      (tensor([1 << 31]), "holds 0 bytes"), (tensor([1 << 62, 1 << 62]), "impossible shape"),
      (tensor([-1, -4]), "impossible shape"),
      (tensor([2], bytes: 7), "holds 7 bytes for 'w', and its shape [2] needs 8"),
      (tensor([0, .max], bytes: 4), "needs 0"), (tensor([1], type: 99, bytes: 4), "number format 99"),
      (tensor([1], bytes: 4, place: 1), "another file"),
    ])
  func constants(_ bytes: [UInt8], _ reason: String) {
    let error = #expect(throws: ProtobufReader.FormatError.self) { _ = try ONNXModel(bytes) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test(
    "other kinds of files are no models",
    arguments: [
      ([], "holds no graph"), (Array("{\"a\": 1}".utf8), "encoding 3"), ([0x50, 0x4B, 0x03, 0x04], "the number 0"),
      (ProtobufWriter { $0.number(7, 1) }.bytes, "field 7 is no message"),
      (ProtobufWriter { $0.data(2, [0xFF, 0xFE]) }.bytes, "field 2 is no text"),
      (
        ProtobufWriter { $0.message(7) { $0.message(1) { $0.message(5) { $0.number(20, 5) } } } }.bytes,
        "unknown kind 5"
      ),
    ] as [([UInt8], String)])
  func others(_ bytes: [UInt8], _ reason: String) {
    let error = #expect(throws: ProtobufReader.FormatError.self) { _ = try ONNXModel(bytes) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test("a real model, cut or with a changed byte, is read or refused")
  func damaged() throws {
    var settings = ExportSettings()
    settings.size = PixelSize(side: 32)
    var model = try TestNetwork.model(TestNetwork.make(classCount: 1), settings)
    model.graph.constants = Array(model.graph.constants.prefix(3))
    let bytes = model.bytes
    var random = CounterRandom(seed: 3, index: 0, purpose: .weights)
    var refused = 0
    for _ in 0..<2000 {
      var broken = bytes
      if random.integer(below: 2) == 0 { broken = Array(broken.prefix(random.integer(below: bytes.count))) }
      for _ in 0..<random.integer(below: 4) where !broken.isEmpty {
        broken[random.integer(below: broken.count)] = UInt8(random.integer(below: 256))
      }
      do { _ = try ONNXModel(broken) } catch { refused += 1 }
    }
    #expect(refused > 500)
  }
}
