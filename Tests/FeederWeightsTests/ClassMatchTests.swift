import FeederCore
import FeederMetrics
import FeederTorch
import Foundation
import Testing

@testable import FeederWeights

@Suite("Classes of weights and of a data set are matched by name")
struct ClassMatchTests {
  /// Weights of three classes called `names`; nil leaves the names out, as converters of other tools do.
  private func weights(_ names: [String]?) throws -> WeightsFile {
    let url = FileManager.default.temporaryDirectory.appending(path: "feeder-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    var metadata: [String: String] = [:]
    if let names { metadata["names"] = String(decoding: try JSONEncoder().encode(names), as: UTF8.self) }
    try WeightsWriter.write(
      [("model.22.cv3.0.2.bias", try Tensor([0, 0, 0] as [Float], shape: [3]))], metadata: metadata, to: url.path)
    return try WeightsFile(path: url.path)
  }

  private func found(_ classID: Int) -> ImageResult {
    let box = Box(x1: 0, y1: 0, x2: 1, y2: 1)
    return ImageResult(
      imageID: "x", detections: [Detection(box: box, classID: classID, score: 1)],
      truths: [GroundTruth(box: box, classID: 0)])
  }

  @Test("Equal names in one order need no word")
  func equal() throws {
    let match = try ClassMatch(weights(["a", "b", "c"]), classNames: ["a", "b", "c"], data: "data.yaml")
    #expect(match.line == nil)
    #expect(match([found(2)])[0].detections[0].classID == 2)
  }

  @Test("Equal names in another order: detections get the classes of the data, and a line says so")
  func otherOrder() throws {
    let match = try ClassMatch(weights(["b", "c", "a"]), classNames: ["a", "b", "c"], data: "data.yaml")
    #expect(match.line?.contains("matched by name") == true)
    #expect((0..<3).map { match([found($0)])[0].detections[0].classID } == [1, 2, 0])
    #expect(match([found(1)])[0].truths[0].classID == 0, "the truth is the data's already")
  }

  @Test("Other names are refused with both lists, whatever their count", arguments: [["a", "b", "d"], ["a", "b"]])
  func otherNames(_ names: [String]) throws {
    let file = try weights(["a", "b", "c"])
    let error = #expect(throws: WeightsError.self) { try ClassMatch(file, classNames: names, data: "data.yaml") }
    let line = error?.description ?? ""
    #expect(line.contains("(a, b, c)") && line.contains("(\(names.joined(separator: ", ")))"), "\(line)")
  }

  @Test("Weights without names are taken by number, and a line says so; another count is refused")
  func noNames() throws {
    let file = try weights(nil)
    let match = try ClassMatch(file, classNames: ["x", "y", "z"], data: "data.yaml")
    #expect(match.line?.contains("in the order of data.yaml") == true)
    #expect(match([found(1)])[0].detections[0].classID == 1)
    #expect(throws: WeightsError.self) { try ClassMatch(file, classNames: ["x"], data: "data.yaml") }
  }
}
