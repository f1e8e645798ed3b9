import FeederCore
import Foundation
import Testing

@Suite("feeder val, score and train say what their figures count, and what they cannot count")
struct AccuracyCommandTests {
  /// Small boards with the label files that `label` returns for each split.
  private func boards(_ label: (String) -> String?) throws -> SmallBoards {
    let boards = try SmallBoards()
    for split in ["train", "val"] {
      for name in boards.names("boards/labels/\(split)") {
        if let text = label(split) { try boards.write(text, to: "boards/labels/\(split)/\(name)") }
      }
    }
    return boards
  }

  /// Writes the labels of the validation split as predictions of score 0.9.
  private func writePredictions(_ boards: SmallBoards) throws {
    var all: [[String: Any]] = []
    for name in boards.names("boards/labels/val") {
      for line in try boards.text("boards/labels/val/\(name)").split(separator: "\n") {
        let numbers = line.split(separator: " ").compactMap { Double($0) }
        let box = Label(
          classID: 0, centerX: numbers[1], centerY: numbers[2], width: numbers[3], height: numbers[4]
        ).box(in: PixelSize(side: 160))
        all.append([
          "image_id": String(name.dropLast(4)), "category_id": Int(numbers[0]), "score": 0.9,
          "bbox": [box.x1, box.y1, box.width, box.height],
        ])
      }
    }
    try JSONSerialization.data(withJSONObject: all).write(to: boards.url("p.json"))
  }

  @Test("The table follows --rule, and JSON holds both rules whichever it is")
  func rules() throws {
    let boards = try SmallBoards()
    try writePredictions(boards)
    let yolo = try boards.feeder("score", "p.json", "boards", "--json").json()
    let coco = try boards.feeder("score", "p.json", "boards", "--rule", "coco", "--json").json()
    #expect(yolo["rule"] as? String == "yolo" && coco["rule"] as? String == "coco")
    for key in ["map50", "map50_95"] {
      #expect(yolo[key] as? Double == coco[key] as? Double)
      let parts = try ["yolo", "coco", "coco_at_100"].map { name in
        try #require((yolo[name] as? [String: Any])?[key] as? Double)
      }
      #expect(parts[0] == yolo[key] as? Double)
      // Perfect boxes: 0.995 by trapezoids, 1 by steps.
      #expect(parts[0] < 0.996 && parts[1] == 1 && parts[2] == 1)
    }
    #expect((yolo["coco_at_100"] as? [String: Any])?["max_detections"] as? Int == 100)
    let table = try boards.feeder("score", "p.json", "boards", "--rule", "coco").output
    #expect(table.contains("1.000      1.000\n") && table.contains("by the COCO rule"))
    #expect(try boards.feeder("score", "p.json", "boards").output.contains("0.995      0.995\n"))
    #expect(try boards.feeder("score", "p.json", "boards", "--rule", "pascal").status == 2)
  }

  @Test("All 400 boxes on an image can be found, and a flag that cuts them is reported")
  func crowded() throws {
    let crowd = (0..<400).map { "0 \(Double($0 % 20) / 20 + 0.025) \(Double($0 / 20) / 20 + 0.025) 0.03 0.03\n" }
      .joined()
    let boards = try boards { _ in crowd }
    try writePredictions(boards)
    let whole = try boards.feeder("score", "p.json", "boards", "--json")
    let classes = try #require(try whole.json()["classes"] as? [[String: Any]])
    #expect(classes[0]["recall"] as? Double == 1)
    #expect(whole.messages.contains("at most 400 detections per image count"))
    let cut = try boards.feeder("score", "p.json", "boards", "--max-detections", "300", "--json")
    let cutClasses = try #require(try cut.json()["classes"] as? [[String: Any]])
    #expect(cutClasses[0]["recall"] as? Double == 0.75)
    #expect(cut.messages.contains("images have more than 300 detections"))
    #expect(try boards.feeder("score", "p.json", "boards", "--max-detections", "0").status == 2)
    // Validation and training use the same bound, and weights store it.
    let run = try boards.train("boards", "--epochs", "1", "--out", "run")
    #expect(run.messages.contains("at most 400 detections per image count"), "\(run.messages)")
    let weights = "run/weights/best.safetensors"
    let validated = try boards.feeder("val", weights, "boards", "--image-size", "64")
    #expect(validated.messages.contains("at most 400 detections per image count"), "\(validated.messages)")
    let predicted = try boards.feeder("predict", weights, "boards/images/val", "--out", "seen", "--image-size", "64")
    #expect(predicted.messages.contains("at most 400 detections per image count"), "\(predicted.messages)")
  }

  @Test("A validation split without boxes is refused by train, and has no mAP but false calls in score and val")
  func noBoxes() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    try writePredictions(boards)
    for name in boards.names("boards/labels/val") { try boards.write("", to: "boards/labels/val/\(name)") }
    expectRefusal(try boards.train("boards", "--epochs", "1", "--out", "run"), "no image of 'val' has a box")
    #expect(!boards.exists("run"))
    let scored = try boards.feeder("score", "p.json", "boards")
    #expect(scored.status == 0 && scored.output.contains("-          -          -          -"), "\(scored.output)")
    #expect(scored.output.contains("no boxes in this split, so false calls only"))
    let report = try boards.feeder("score", "p.json", "boards", "--json", "--factory").json()
    #expect(report["map50"] is NSNull && report["map50_95"] is NSNull)
    #expect(try #require((report["false_calls"] as? [String: Any])?["count"] as? Int) > 0)
    let validated = try boards.feeder("val", weights, "boards", "--image-size", "64", "--batch", "4", "--json")
    #expect(try validated.json()["map50"] is NSNull, "\(validated.messages)")
  }

  @Test("Boxes under 2 px are reported by prepare, train and val, with the size that keeps them")
  func tinyBoxes() throws {
    let boards = try boards { _ in "0 0.5 0.5 0.01 0.01\n0 0.5 0.5 0.002 0.01\n" }
    let prepared = try boards.feeder("prepare", "boards", "--out", "prepared")
    #expect(
      prepared.output.contains("train: 10 of 20 boxes are under 2 px at --image-size 640; --image-size 1024 keeps"))
    let run = try boards.train("boards", "--stop-after-steps", "1", "--out", "run")
    #expect(run.lines.contains { $0.hasPrefix("train: 20 of 20 boxes are under 2 px at --image-size 64;") })
    #expect(run.lines.contains { $0.hasPrefix("val: 4 of 4 boxes are under 2 px at --image-size 64;") })
    let validated = try boards.feeder("val", "run/weights/last.safetensors", "boards", "--batch", "4")
    #expect(validated.messages.contains("val: 4 of 4 boxes are under 2 px at --image-size 64;"))
  }

  @Test("Predictions of the ultralytics package are recognised, and corners are refused")
  func otherTools() throws {
    let boards = try SmallBoards()
    try writePredictions(boards)
    let own = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: boards.url("p.json"))) as? [[String: Any]])
    func score(_ change: (inout [String: Any]) -> Void) throws -> FeederProcess {
      let changed = own.map { entry in
        var entry = entry
        change(&entry)
        return entry
      }
      try JSONSerialization.data(withJSONObject: changed).write(to: boards.url("o.json"))
      return try boards.feeder("score", "o.json", "boards", "--json")
    }
    let shifted = try score { entry in
      entry["category_id"] = (entry["category_id"] as? Int ?? 0) + 1
      entry["file_name"] = "\(entry["image_id"] ?? "").jpg"
    }
    #expect(try #require(try shifted.json()["map50"] as? Double) > 0.99 && shifted.messages.contains("counts from 1"))
    let corners = try score { entry in
      guard let box = entry["bbox"] as? [Double] else { return }
      entry["bbox"] = [box[0], box[1], box[0] + box[2], box[1] + box[3]]
    }
    expectRefusal(corners, "o.json", "reach out of their image", "corners")
  }
}
