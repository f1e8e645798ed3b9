import FeederCore
import Foundation
import Testing

@Suite("feeder export writes a file for other programs, and refuses what it cannot export")
struct ExportCommandTests {
  @Test("the file, its example and its image; the same bytes again, under a number")
  func writes() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    let run = try boards.feeder("export", weights, "--out", "m.onnx", "--data", "boards", "--conf", "0", "--json")
    #expect(run.status == 0, "\(run.messages)")
    let report = try run.json()
    let file = try Data(contentsOf: boards.url("m.onnx"))
    #expect(report["sha256"] as? String == SHA256.digits(Array(file)))
    #expect(report["model"] as? String == "yolov8n" && report["byte_count"] as? Int == file.count)
    let example = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: boards.url("m.example.json"))) as? [String: Any])
    let input = try #require(example["input"] as? [String: Any])
    #expect(input["shape"] as? [Int] == [1, 3, 64, 64], "the size of the training")
    #expect((input["sha256"] as? String)?.count == 64)
    #expect((example["columns"] as? [Any])?.count == 5)
    let again = try boards.feeder("export", weights, "--out", "m.onnx")
    #expect(again.status == 0 && again.messages.contains("m2.onnx"), "\(again.messages)")
    let settings: Set<String> = [
      "m.onnx", "m.example.json", "m.example.png", "m2.onnx", "m2.example.json", "m2.example.png",
    ]
    #expect(Set(boards.names("")).isSuperset(of: settings))
    #expect(try Data(contentsOf: boards.url("m2.onnx")) == file)
    let grey = try boards.feeder(
      "export", weights, "--out", "grey.onnx", "--channels", "1", "--input", "uint8", "--form", "detections",
      "--image-size", "96x160")
    #expect(grey.status == 0, "\(grey.messages)")
    #expect(grey.output.contains("1 x 1 x 96 x 160 uint8"), "\(grey.output)")
  }

  @Test(
    "flags out of range are a matter of usage",
    arguments: [
      ["--image-size", "0x640"], ["--image-size", "100"], ["--image-size", "640x"], ["--image-size", "640x640x3"],
      ["--image-size", "9223372036854775808"], ["--max-det", "0"], ["--conf", "1"], ["--conf", "-0.1"],
      ["--conf", "nan"],
      ["--iou", "0"], ["--iou", "1.5"], ["--channels", "2"], ["--batch", "0"], ["--batch", "2", "--dynamic-batch"],
      ["--form", "nms"], ["--input", "fp16"], ["--form", "detections", "--batch", "2"],
      ["--form", "detections", "--dynamic-batch"],
    ])
  func usage(_ flags: [String]) throws {
    let folder = try TemporaryFolder()
    let run = try FeederProcess(["export", "w.safetensors", "--out", "m.onnx"] + flags, in: folder.url)
    #expect(run.status == 2 && run.output.isEmpty && run.messages.hasPrefix("Error: "), "\(run.messages)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }

  @Test("no weights, weights of another network, and places that are taken give one line and leave nothing")
  func refused() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    try boards.write("{\"a\": 1}", to: "text.safetensors")
    try Data(Safetensors.header([("fc.weight", .f32, [1])]) + [0, 0, 0, 0]).write(to: boards.url("other.safetensors"))
    try FileManager.default.createDirectory(at: boards.url("folder.onnx"), withIntermediateDirectories: true)
    try boards.write("mine", to: "mine.onnx")
    try boards.write("mine", to: "beside.example.json")
    let before = boards.names("")
    for (weights, out, words) in [
      ("nowhere.safetensors", "m.onnx", "no such weights file"), ("text.safetensors", "m.onnx", "text.safetensors"),
      ("other.safetensors", "m.onnx", "holds no YOLOv8 detector"), (weights, "folder.onnx", "is a folder"),
      (weights, "mine.onnx", "no earlier result"), (weights, "beside.onnx", "no earlier result"),
      (weights, "nowhere/m.onnx", "nowhere/m.onnx"),
    ] {
      let run = try boards.feeder("export", weights, "--out", out)
      expectRefusal(run, words)
      #expect(boards.names("") == before)
    }
    #expect(try boards.text("mine.onnx") == "mine")
    let run = try boards.feeder("export", weights, "--out", "m.engine")
    #expect(run.status == 2 && run.messages.contains("--out m.engine"), "\(run.messages)")
  }
}
